/** How doctor reports engines that crash, hang or compute wrongly; and the self-test itself. */
import { test as uvuTest } from 'uvu';
import * as assert from 'uvu/assert';
import { formulaImages, formulaModel, SELF_TEST_TAP } from '../../engine/contract/formula-model.js';
import { TOKEN_TEST_TAP, tokenModel } from '../../engine/contract/token-model.js';
import { examineEngines } from '../../engine/doctor/examine.js';
import { testEngine } from '../../engine/doctor/self-test.js';
import { runReference } from '../../graph/reference.js';
import { byLength } from '../support/by-length.js';
import { networkInput } from '../support/network-input.js';
import { relativeError } from '../support/relative-error.js';

const { test, longTest } = byLength(uvuTest);

test('each engine is judged by what its process does', async () => {
  const script = new URL('../support/engine-process.js', import.meta.url);
  const { engines } = await examineEngines({ script, timeout: 3000 });
  const told = new Map(engines.map((report) => [report.engine, report]));
  assert.ok(told.get('cpu')!.works);
  assert.is(told.get('cpu')!.error, 0);
  assert.ok(told.get('wasm')!.works);
  assert.ok(told.get('wasm')!.error! < 1e-6);
  assert.not.ok(told.get('onnxruntime')!.works);
  assert.match(told.get('onnxruntime')!.failure!, /^its numbers are wrong, by 1\.0e-1 of the largest value$/);
  assert.not.ok(told.get('tensorflow')!.works);
  assert.match(told.get('tensorflow')!.failure!, /SIGSEGV.*cannot open shared object file$/);
  assert.not.ok(told.get('webgpu')!.works);
  assert.is(told.get('webgpu')!.failure, 'it gave no answer in 3 s');
});

longTest('the self-test gives the numbers of its definition, and a rate', async () => {
  const { data } = runReference(
    formulaModel(),
    networkInput(formulaImages(1), [0.5, 0.5, 0.5], [0.25, 0.25, 0.25]),
  ).get(SELF_TEST_TAP)!;
  const spread = Math.max(...data) - Math.min(...data);
  assert.ok(spread > 0.5, 'an output of one value would hide errors');
  const { data: tokens } = runReference(
    tokenModel(),
    networkInput(formulaImages(1), [0.5, 0.5, 0.5], [0.25, 0.25, 0.25]),
  ).get(TOKEN_TEST_TAP)!;
  assert.ok(Math.max(...tokens) - Math.min(...tokens) > 0.5);
  for (const engine of ['cpu', 'wasm', 'simd'] as const) {
    const { availability, selfTest, failure } = await testEngine(engine, null);
    assert.ok(availability.ok);
    assert.is(failure, null);
    assert.ok(relativeError(selfTest!.outputs.slice(0, data.length), data) < 1e-5);
    assert.ok(relativeError(selfTest!.tokens.slice(0, tokens.length), tokens) < 1e-5);
    assert.ok(selfTest!.imagesPerSecond > 0);
  }
});

uvuTest.run();
