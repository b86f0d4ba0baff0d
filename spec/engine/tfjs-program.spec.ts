/** State that all single-threaded programs share, because TensorFlow.js has a single engine. */
import * as tf from '@tensorflow/tfjs-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadBackend } from '../../engine/backends/registry.js';
import type { ImageBatch, Program } from '../../engine/index.js';
import { buildGraph } from '../../graph/backbones/index.js';
import { bind, resolveTap } from '../../graph/index.js';
import { optimise } from '../../graph/passes/index.js';
import { pixels } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';

const model = { backbone: 'mobilenet_v2', head: [], classes: 5 };
const graph = buildGraph(model);
const tap = resolveTap(graph, 'features.4');
const bound = optimise(bind(graph, pseudoWeights(model).tensors), new Set([tap, graph.output]));

function batch(rows: number, side: number): ImageBatch {
  return { rows, height: side, width: side, data: pixels(`${rows} of ${side}`, rows * side * side * 3) };
}

async function compile(backend: string): Promise<Program> {
  const options = {
    taps: [tap],
    scores: true,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
    precision: 'float32',
  } as const;
  return (await loadBackend(backend)).compile(bound, options);
}

for (const backend of ['wasm', 'cpu']) {
  test(`${backend}: no tensor is left behind by a batch, nor by a program`, async () => {
    // TensorFlow.js can only count once a backend is active.
    await (await compile(backend)).dispose();
    const before = tf.memory().numTensors;
    const program = await compile(backend);
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
}

test('programs of two backends on one thread do not disturb each other', async () => {
  const programs = [await compile('wasm'), await compile('cpu')];
  const images = batch(2, 32);
  const runs = [0, 1, 0, 1, 1, 0].map((i) => programs[i]!.run(images));
  const [wasm, cpu, ...more] = await Promise.all(runs);
  const [fast, slow] = [wasm!.taps.get(tap)!.data, cpu!.taps.get(tap)!.data];
  const largest = slow.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  assert.ok(fast.every((value, i) => Math.abs(value - slow[i]!) <= 1e-5 * largest));
  // Each backend rounds in its own way: equal bits tell which one really computed.
  assert.not.equal(fast, slow);
  assert.equal(more[0], wasm);
  assert.equal(more[1], cpu);
  assert.equal(more[2], cpu);
  assert.equal(more[3], wasm);
  await Promise.all(programs.map((program) => program.dispose()));
});

test('softmax sums to one and does not overflow', async () => {
  const { softmax } = await import('../../engine/contract/softmax.js');
  const scores = softmax(Float32Array.of(1000, 1000, -1000, 0, Math.fround(Math.log(3)), 0), 3);
  assert.equal(
    [...scores].map((score) => Number(score.toFixed(6))),
    [0.5, 0.5, 0, 0.2, 0.6, 0.2],
  );
});

test.run();
