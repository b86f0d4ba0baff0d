/** The self-test: its expected outputs follow from the network's definition; all builds and tiles give them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BUILDS, compileBuild, readBuild } from '../../../engine/backends/simd/builds/builds.js';
import { knownFlags } from '../../../engine/backends/simd/builds/v8-flags.js';
import { tilesOf } from '../../../engine/backends/simd/running/kernel-table.js';
import {
  EXPECTED_LOGITS,
  TEST_IMAGES,
  TEST_NORMALISATION,
  testModel,
  testPixels,
} from '../../../engine/backends/simd/trial/test-network.js';
import { Trial } from '../../../engine/backends/simd/trial/trial.js';
import { runReference } from '../../../graph/reference.js';
import { networkInput } from '../../support/network-input.js';

/** `[images, outputs]`, from the definitions of the layers in float64. */
export function expectedLogits(): number[] {
  const { images, height, width } = TEST_IMAGES;
  const { mean, std } = TEST_NORMALISATION;
  const input = networkInput({ rows: images, height, width, data: testPixels() }, mean, std);
  return [...runReference(testModel(), input).get('logits')!.data];
}

test('the outputs that are known are those of the definition', () => {
  const expected = expectedLogits();
  assert.is(EXPECTED_LOGITS.length, expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(EXPECTED_LOGITS[i]! - value) < 1e-6 * largest);
  assert.ok(Math.max(...expected) - Math.min(...expected) > 0.5, 'outputs of one value would hide errors');
});

test('every build and tile that V8 takes gives them', async () => {
  const trial = new Trial();
  const known = await knownFlags();
  let tried = 0;
  for (const build of BUILDS) {
    const bytes = readBuild(build)!;
    for (const revectorize of known.has('experimental-wasm-revectorize') ? [true, false] : [false]) {
      const module = await compileBuild(bytes, { revectorize, known });
      for (const tile of tilesOf(module)) {
        const error = trial.error(module, tile);
        assert.ok(error < 3e-5, `${build} ${tile}: ${error}`);
        assert.ok(trial.measure(module, tile) > 0);
        tried++;
      }
    }
  }
  trial.dispose();
  assert.ok(tried >= 2, `${tried} tried`);
});

test.run();
