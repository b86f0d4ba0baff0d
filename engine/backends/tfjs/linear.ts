/** `linear` on TensorFlow.js: one matrix product, whatever the rank of its input. */
import tf = require('@tensorflow/tfjs-core');

import type { LinearAttrs } from '../../../graph/index.js';
import { fusedActivation } from './convolution.js';
import { inOrder, type NodeTensors, type PreparedOp } from './step.js';

export function prepareLinear(
  { inFeatures, outFeatures, bias, activation }: LinearAttrs,
  tensors: NodeTensors,
): PreparedOp {
  const weight = tf.tidy(() => tf.transpose(tf.tensor2d(tensors('weight').data, [outFeatures, inFeatures])));
  const offset = tf.tensor1d(bias ? tensors('bias').data : new Float32Array(outFeatures));
  const multiply = (x: tf.Tensor) =>
    tf.fused.matMul({ a: x, b: weight, bias: offset, activation: fusedActivation(activation) });
  return inOrder(
    ([x]) => {
      if (x!.rank === 2) return multiply(x!);
      const product = multiply(tf.reshape(x!, [-1, inFeatures]));
      return tf.reshape(product, [...x!.shape.slice(0, -1), outFeatures]);
    },
    [weight, offset],
  );
}
