/**
 * Many backbones, sizes and taps against PyTorch in float64. The references are too large for the repository:
 * `spec/ci/make_backbone_goldens.sh` makes them, `IMAGE_DRIFT_GOLDENS` tells where they are.
 */
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backboneGoldens, checkBackbone } from '../support/backbone-goldens.js';

const MIN_CASES = 10;

const backbones = suite('backbones against PyTorch');
const goldens = backboneGoldens();

if (goldens === null) {
  console.log('SKIPPED (no IMAGE_DRIFT_GOLDENS): backbones against PyTorch');
} else {
  const { root, cases } = goldens;
  backbones('there are enough of them', () => assert.ok(cases.length >= MIN_CASES, `only ${cases.length}`));
  for (const name of cases) {
    backbones(name, async () => {
      const error = await checkBackbone(join(root, name), { threads: 1 });
      console.log(`${name}: ${error.toExponential(1)}`);
    });
  }
}
backbones.run();
