/** Every operation of the layer graph on a TensorFlow.js backend, against PyTorch in float64 (fixtures/engine/executor). */
import tf = require('@tensorflow/tfjs-core');

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadBackend } from '../../engine/backends/registry.js';
import { withBackend } from '../../engine/tfjs/global-engine.js';
import { prepareOp } from '../../engine/tfjs/prepare-op.js';
import { relativeError } from './golden.js';
import { NOTHING } from './network-of-nothing.js';
import { type OpCase, opCases, opInput, opNode, opWeight } from './op-cases.js';

/** float32 sums of at most some hundred products. */
const TOLERANCE = 2e-6;

/** Defines and runs the suite. */
export function tfjsOperations(backend: string): void {
  const ops = suite(`operations on ${backend}`);
  ops.before(async () => {
    const program = await (await loadBackend(backend)).compile(NOTHING.model, NOTHING.options);
    await program.dispose();
  });
  for (const opCase of opCases()) {
    ops(opCase.name, () =>
      withBackend(backend, () => {
        const { shape, data, leaked } = run(opCase);
        assert.equal(shape, opCase.shape);
        const error = relativeError(opCase, shape, data);
        assert.ok(error <= TOLERANCE, `${error} relative to the largest value`);
        assert.is(leaked, 0, 'tensors leaked');
      }),
    );
  }
  ops.run();
}

/** Runs one case; tensors in and out are NCHW. */
function run(opCase: OpCase): { shape: number[]; data: Float32Array; leaked: number } {
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
