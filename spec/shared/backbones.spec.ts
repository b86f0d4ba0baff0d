/** Backbones beside PyTorch in float64: `spec/ci/make_backbone_goldens.sh` fills `IMAGE_DRIFT_GOLDENS`. */
import { join } from 'node:path';
import type { EmbedderOptions } from '../../engine/index.js';
import { backboneGoldens, checkBackbone } from '../support/backbone-goldens.js';
import { amount, assert, test } from '../support/test.js';

const MIN_CASES = amount(10, 8);

const ENGINES: Record<string, EmbedderOptions> = {
  simd: { backend: 'simd' },
  'simd exact': { backend: 'simd', precision: 'exact' },
};

const goldens = backboneGoldens();

if (goldens === null) {
  console.log('SKIPPED (no IMAGE_DRIFT_GOLDENS): backbones against PyTorch');
} else {
  const { root, cases } = goldens;
  const table: Record<string, Record<string, string>> = {};
  test('there are enough of them', () => assert.ok(cases.length >= MIN_CASES, `only ${cases.length}`));
  for (const name of cases) {
    test(name, async () => {
      table[name] = {};
      for (const [engine, options] of Object.entries(ENGINES)) {
        const error = await checkBackbone(join(root, name), { threads: 1, ...options });
        table[name][engine] = error.toExponential(1);
      }
    });
  }
  test.after(() => {
    console.log('\nlargest error over all taps, relative to the largest value:');
    console.table(table);
  });
}
