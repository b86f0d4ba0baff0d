/** Compares every operation of the layer graph on TensorFlow.js with PyTorch in float64 (fixtures/engine/executor). */
import tf = require('@tensorflow/tfjs-core');

import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadBackend } from '../../engine/backends/registry.js';
import { withBackend } from '../../engine/backends/tfjs/global-engine.js';
import { prepareOp } from '../../engine/backends/tfjs/prepare-op.js';
import { relativeError } from './golden.js';
import { NOTHING } from './network-of-nothing.js';
import { type OpCase, opCases, opInput, opNode, opWeight } from './op-cases.js';

/** float32 sums of at most some hundred products. */
const TOLERANCE = 2e-6;

/** Defines and runs the suite, for a backend that TensorFlow.js knows by the same name. */
export function tfjsOperations(backend: string): void {
  const ops = operationsSuite(backend, async () => {
    const program = await (await loadBackend(backend)).compile(NOTHING.model, NOTHING.options);
    await program.dispose();
    return backend;
  });
  ops.run();
}

/** @param start prepares the backend, and returns its name in TensorFlow.js */
export function operationsSuite(backend: string, start: () => Promise<string>): Test {
  const ops = suite(`operations on ${backend}`);
  let registered = '';
  ops.before(async () => {
    registered = await start();
  });
  for (const opCase of opCases()) {
    ops(opCase.name, () =>
      withBackend(registered, async () => {
        const { shape, data, leaked } = await run(opCase);
        assert.equal(shape, opCase.shape);
        const error = relativeError(opCase, shape, data);
        assert.ok(error <= TOLERANCE, `${error} relative to the largest value`);
        assert.is(leaked, 0, 'tensors leaked');
      }),
    );
  }
  return ops;
}

/** Runs one case; tensors in and out are NCHW. */
async function run(opCase: OpCase): Promise<{ shape: number[]; data: Float32Array; leaked: number }> {
  const before = tf.memory().numTensors;
  const prepared = prepareOp(opNode(opCase), (part) => opWeight(opCase, part));
  const operands = opCase.inputs.map((_, i) => {
    const { shape, data } = opInput(opCase, i);
    return toNhwc(tf.tensor(data, [...shape]));
  });
  const output = tf.tidy(() => {
    const result = prepared.run(operands);
    return result.rank === 4 ? tf.transpose(result, [0, 3, 1, 2]) : tf.clone(result);
  });
  const data = (await output.data()) as Float32Array;
  tf.dispose([output, ...operands, ...prepared.weights]);
  return { shape: output.shape, data, leaked: tf.memory().numTensors - before };
}

function toNhwc(x: tf.Tensor): tf.Tensor {
  if (x.rank !== 4) return x;
  const moved = tf.transpose(x, [0, 2, 3, 1]);
  x.dispose();
  return moved;
}
