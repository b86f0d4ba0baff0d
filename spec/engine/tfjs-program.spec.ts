/** State that all single-threaded programs share, because TensorFlow.js has a single engine. */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { tf, withBackend } from '../../engine/backends/tfjs/global-engine.js';
import { TfjsProgram, type Watch } from '../../engine/backends/tfjs/program.js';
import type { ImageBatch } from '../../engine/index.js';
import { buildGraph } from '../../graph/backbones/index.js';
import { bind, resolveTap } from '../../graph/index.js';
import { optimise } from '../../graph/passes/index.js';
import { pixels } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { assert, test } from '../support/test.js';
import { tfjsOnCpu } from '../support/tfjs-on-cpu.js';

const model = { backbone: 'mobilenet_v2', head: [], classes: 5 };
const graph = buildGraph(model);
const tap = resolveTap(graph, 'features.4');
const bound = optimise(bind(graph, pseudoWeights(model).tensors), new Set([tap, graph.output]));

function batch(rows: number, side: number): ImageBatch {
  return { rows, height: side, width: side, data: pixels(`${rows} of ${side}`, rows * side * side * 3) };
}

const options = {
  taps: [tap],
  scores: true,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  precision: 'float32',
} as const;

test('no tensor is left behind by a batch, nor by a program', async () => {
  // TensorFlow.js can only count once a backend is active.
  await (await tfjsOnCpu.compile(bound, options)).dispose();
  const before = tf.memory().numTensors;
  const program = await tfjsOnCpu.compile(bound, options);
  const uploaded = tf.memory();
  assert.ok(uploaded.numTensors > before);
  for (const [rows, side] of [
    [2, 32],
    [1, 45],
    [3, 32],
  ] as const) {
    await program.run(batch(rows, side));
    assert.is(tf.memory().numTensors, uploaded.numTensors);
    assert.is(tf.memory().numBytes, uploaded.numBytes);
  }
  await program.dispose();
  assert.is(tf.memory().numTensors, before);
});

test('programs of two backends on one thread do not disturb each other', async () => {
  const first = await tfjsOnCpu.compile(bound, options);
  tf.copyRegisteredKernels('cpu', 'other');
  tf.registerBackend('other', () => new MathBackendCPU());
  const active: string[] = [];
  const watch: Watch = (record) => {
    active.push(tf.getBackend());
    return { value: record(), accepted: Promise.resolve() };
  };
  const second = await withBackend('other', () => new TfjsProgram('other', bound, options, watch));
  const images = batch(2, 32);
  const runs = await Promise.all([first, second, first, second, second, first].map((program) => program.run(images)));
  for (const outputs of runs) assert.equal(outputs, runs[0]);
  assert.equal(active, ['other', 'other', 'other']);
  await Promise.all([first.dispose(), second.dispose()]);
});

test('softmax sums to one and does not overflow', async () => {
  const { softmax } = await import('../../engine/contract/softmax.js');
  const scores = softmax(Float32Array.of(1000, 1000, -1000, 0, Math.fround(Math.log(3)), 0), 3);
  assert.equal(
    [...scores].map((score) => Number(score.toFixed(6))),
    [0.5, 0.5, 0, 0.2, 0.6, 0.2],
  );
});
