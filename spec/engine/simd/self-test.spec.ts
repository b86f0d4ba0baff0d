/** The self-test: its expected outputs follow from the network's definition; all modules give them. */
import { compileModule, knownFlags, readModule } from '../../../engine/backends/simd/builds/compile-module.js';
import { MODULES } from '../../../engine/backends/simd/builds/modules.js';
import { Trial } from '../../../engine/backends/simd/trial/trial.js';
import {
  EXPECTED_LOGITS,
  TEST_IMAGES,
  TEST_NORMALISATION,
  testModel,
  testPixels,
} from '../../../engine/contract/test-network.js';
import { runReference } from '../../../graph/reference.js';
import { networkInput } from '../../support/network-goldens.js';
import { assert, test } from '../../support/test.js';

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

test('every module that V8 takes gives them', async () => {
  const trial = new Trial();
  const known = await knownFlags();
  for (const module of MODULES) {
    for (const revectorize of known.has('experimental-wasm-revectorize') ? [true, false] : [false]) {
      const compiled = await compileModule(readModule(module)!, { revectorize, known });
      const error = trial.error(compiled);
      assert.ok(error < 3e-5, `${module.name}: ${error}`);
      assert.ok(trial.measure(compiled) > 0);
    }
  }
  trial.dispose();
});

test("a page's coarse clock makes no kernel infinitely fast", async () => {
  const trial = new Trial();
  const module = await compileModule(readModule(MODULES[0]!)!, { revectorize: false, known: await knownFlags() });
  trial.error(module);
  const exact = performance.now;
  performance.now = () => Math.floor(exact.call(performance));
  try {
    const rates = Array.from({ length: 5 }, () => trial.measure(module));
    assert.ok(Math.max(...rates) < Number.POSITIVE_INFINITY, `${rates}`);
    await trial.warm([module]);
  } finally {
    performance.now = exact;
    trial.dispose();
  }
});
