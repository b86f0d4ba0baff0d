/** Every operation of the layer graph on every TensorFlow.js backend, against PyTorch in float64 (fixtures/engine/executor). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadBackend } from '../../engine/backends/registry.js';
import type { GraphNode, Op } from '../../engine/graph.js';
import { nodeParameters } from '../../engine/parameters.js';
import { withBackend } from '../../engine/tfjs/global-engine.js';
import { prepareOp } from '../../engine/tfjs/prepare-op.js';
import { fixtures } from '../support/paths.js';
import { uniform } from '../support/pseudo-random.js';

interface OpCase {
  name: string;
  operation: Exclude<Op, { op: 'input' }>;
  inputs: number[][];
  shape: number[];
  /** Every step-th value is stored. */
  step: number;
  largest: number;
  values: number[];
}

/** float32 sums of at most some hundred products. */
const TOLERANCE = 2e-6;

const cases: OpCase[] = JSON.parse(readFileSync(join(fixtures, 'engine', 'executor', 'ops.json'), 'utf8'));

function nodeTensor(name: string, node: GraphNode, part: string) {
  const shape = nodeParameters(node).get(part);
  if (shape === undefined) throw new Error(`${name} needs no tensor ${part}`);
  const size = shape.reduce((a, b) => a * b, 1);
  const [low, high] = part === 'running_var' ? [0.5, 1.5] : [-1, 1];
  return { shape, data: uniform(`${name}/${part}`, size, low, high) };
}

/** Runs one case; tensors in and out are NCHW. */
function run({ name, operation, inputs }: OpCase): { shape: number[]; data: Float32Array; leaked: number } {
  const before = tf.memory().numTensors;
  const node = { name, inputs: inputs.map((_, i) => `input${i}`), ...operation };
  const prepared = prepareOp(node, (part) => nodeTensor(name, node, part));
  const operands = inputs.map((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return toNhwc(tf.tensor(uniform(`${name}/input${i}`, size, -1, 1), shape));
  });
  const output = tf.tidy(() => {
    const result = prepared.run(operands);
    return result.rank === 4 ? tf.transpose(result, [0, 3, 1, 2]) : tf.clone(result);
  });
  const data = output.dataSync() as Float32Array;
  tf.dispose([output, ...operands, ...prepared.weights]);
  return { shape: output.shape, data, leaked: tf.memory().numTensors - before };
}

function toNhwc(x: tf.Tensor): tf.Tensor {
  if (x.rank !== 4) return x;
  const moved = tf.transpose(x, [0, 2, 3, 1]);
  x.dispose();
  return moved;
}

for (const backend of ['wasm', 'cpu']) {
  const ops = suite(`operations on ${backend}`);
  ops.before(async () => {
    await (await loadBackend(backend)).availability();
  });
  for (const opCase of cases) {
    ops(opCase.name, () =>
      withBackend(backend, () => {
        const { shape, data, leaked } = run(opCase);
        assert.equal(shape, opCase.shape);
        opCase.values.forEach((expected, i) => {
          const actual = data[i * opCase.step]!;
          const error = Math.abs(actual - expected) / opCase.largest;
          assert.ok(error <= TOLERANCE, `value ${i * opCase.step}: ${actual}, expected ${expected}`);
        });
        assert.is(leaked, 0, 'tensors leaked');
      }),
    );
  }
  ops.run();
}
