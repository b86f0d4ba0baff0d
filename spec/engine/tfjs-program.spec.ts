/** State that all single-threaded programs share, because TensorFlow.js has a single engine. */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { tf, withBackend } from '../../engine/backends/tfjs/global-engine.js';
import { TfjsProgram, type Watch } from '../../engine/backends/tfjs/program.js';
import type { ImageBatch } from '../../engine/index.js';
import { buildGraph } from '../../graph/backbones/index.js';
import type { ComputedNode } from '../../graph/graph.js';
import { bind, resolveTap } from '../../graph/index.js';
import { optimise } from '../../graph/passes/index.js';
import { runReference } from '../../graph/reference.js';
import { pixels } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { randomGraphSpecs, sampledGraphs, TOKEN_TOLERANCE } from '../support/random-graph-goldens.js';
import { relativeError } from '../support/relative-error.js';
import { assert, test } from '../support/test.js';
import { tfjsOnCpu } from '../support/tfjs-on-cpu.js';
import { tfjsOperations } from '../support/tfjs-operations.js';

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
  const { softmax } = await import('../../engine/contract/parts.js');
  const scores = softmax(Float32Array.of(1000, 1000, -1000, 0, Math.fround(Math.log(3)), 0), 3);
  assert.equal(
    [...scores].map((score) => Number(score.toFixed(6))),
    [0.5, 0.5, 0, 0.2, 0.6, 0.2],
  );
});

// Means over many values on TensorFlow.js: their rounding errors stay near those of PyTorch's float32, which adds blocks.

const SIDE = 48;
const IMAGE = { rows: 2, height: SIDE, width: SIDE };
type Operation = ComputedNode extends infer N ? (N extends unknown ? Omit<N, 'name' | 'inputs'> : never) : never;

/** The error of a network without weights, relative to the largest value. */
async function errorOf(operations: readonly Operation[]): Promise<number> {
  const nodes = operations.map((operation, i) => ({
    name: `layer${i}`,
    inputs: [i === 0 ? ':input' : `layer${i - 1}`],
    ...operation,
  })) as ComputedNode[];
  const output = nodes.at(-1)!.name;
  const modules = new Map([['', output]]);
  const graph = { nodes: [{ name: ':input', inputs: [], op: 'input' as const }, ...nodes], output, modules };
  const model = bind(graph, new Map());
  const data = Uint8Array.from(pixels('long sums', IMAGE.rows * SIDE * SIDE * 3));
  const options = { taps: [output], scores: false, mean: [0, 0, 0], std: [1, 1, 1], precision: 'float32' as const };
  const program = await tfjsOnCpu.compile(model, options);
  const { taps } = await program.run({ ...IMAGE, data });
  await program.dispose();
  const planes = Float64Array.from({ length: data.length }, (_, i) => {
    const [image, rest] = [Math.floor(i / (SIDE * SIDE * 3)), i % (SIDE * SIDE * 3)];
    const [channel, position] = [Math.floor(rest / (SIDE * SIDE)), rest % (SIDE * SIDE)];
    return Math.fround(data[(image * SIDE * SIDE + position) * 3 + channel]! / 255);
  });
  const expected = runReference(model, { shape: [IMAGE.rows, 3, SIDE, SIDE], data: planes }).get(output)!;
  return relativeError(taps.get(output)!.data, expected.data);
}

const square = (side: number) => [side, side] as const;

test('the mean of a line, which is a map of height 1', async () => {
  const line = { op: 'reshape', attrs: { shape: [3, 1, SIDE * SIDE] } } as const;
  const error = await errorOf([line, { op: 'adaptiveAvgPool2d', attrs: { output: square(1) } }]);
  // In one sum, 4.4e-7.
  assert.ok(error < 2.5e-7, `${error}`);
});

test('means over large maps', async () => {
  const mean = { op: 'reduce', attrs: { function: 'mean', axes: [2, 3], keepDims: false } } as const;
  const pool = { op: 'adaptiveAvgPool2d', attrs: { output: square(1) } } as const;
  for (const operation of [mean, pool]) {
    const error = await errorOf([operation]);
    assert.ok(error < 2.5e-7, `${operation.op}: ${error}`);
  }
});

test('a window that is much larger than the map ends with it', async () => {
  const window = { kernel: square(1280), stride: square(1280), padding: [0, 0, 0, 0] as const, ceilMode: true };
  const mean = { op: 'avgPool2d', attrs: { ...window, countIncludePad: true } } as const;
  for (const pool of [mean, { op: 'maxPool2d', attrs: window } as const]) {
    // The first pool leaves one pixel for the second.
    const error = await errorOf([pool, pool]);
    assert.ok(error < 2e-6, `${pool.op}: ${error}`);
  }
});

// Every operation of the layer graph on TensorFlow.js, and graphs of them.

tfjsOperations(tfjsOnCpu);
randomGraphSpecs(tfjsOnCpu, sampledGraphs('token'), TOKEN_TOLERANCE);
