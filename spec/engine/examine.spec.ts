import { TEST_NORMALISATION, testModel } from '../../engine/contract/test-network.js';
import { examineEngines } from '../../engine/doctor/examine.js';
import { judged, testEngine } from '../../engine/doctor/self-test.js';
import { onnxModel } from '../../graph/onnx/index.js';
import { assert, longTest, test } from '../support/test.js';

test('each engine is judged by what its process does', async () => {
  const script = new URL('../support/engine-process.js', import.meta.url);
  const { engines } = await examineEngines({ script, timeout: 3000 });
  const told = new Map(engines.map((report) => [report.engine, report]));
  assert.ok(told.get('simd')!.works);
  assert.is(told.get('simd')!.imagesPerSecond, 7);
  assert.is(told.get('onnxruntime')!.failure, 'its process ended with 3');
  assert.not.ok(told.get('tensorflow')!.works);
  assert.match(told.get('tensorflow')!.failure!, /SIGSEGV.*cannot open shared object file$/);
  assert.not.ok(told.get('webgpu')!.works);
  assert.is(told.get('webgpu')!.failure, 'it gave no answer in 3 s');
});

test('numbers that are wrong, or are not numbers', () => {
  assert.equal(judged(2e-6), { error: 2e-6, works: true, failure: null });
  assert.is(judged(0.1).failure, 'its numbers are wrong, by 1.0e-1 of the largest value');
  assert.not.ok(judged(Number.POSITIVE_INFINITY).works);
});

longTest('the self-test gives the numbers of its definition, and a rate', async () => {
  const { availability, error, imagesPerSecond, works, failure } = await testEngine('simd', null);
  assert.ok(availability.ok && works);
  assert.is(failure, null);
  assert.ok(error! < 1e-5, `${error}`);
  assert.ok(imagesPerSecond! > 0);
});

test('the network that engines are tested with can be written as ONNX, which onnxruntime gets', () => {
  const taps = new Map([['logits', 'logits']]);
  assert.ok(onnxModel(testModel(), { taps, scores: true, ...TEST_NORMALISATION, size: null }));
});
