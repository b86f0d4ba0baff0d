/** `linear` on TensorFlow.js: one matrix product, whatever the rank of its input. */

import type { LinearAttrs } from '../../../graph/index.js';
import { tf } from './global-engine.js';
import { inOrder, type NodeTensors, type PreparedOp } from './step.js';

export function prepareLinear(
  { inFeatures, outFeatures, bias, activation }: LinearAttrs,
  tensors: NodeTensors,
): PreparedOp {
  const weights = tf.tidy(() => tf.transpose(tf.tensor2d(tensors('weight').data, [outFeatures, inFeatures])));
  const offset = tf.tensor1d(bias ? tensors('bias').data : new Float32Array(outFeatures));
  return inOrder(
    ([x]) => {
      const rows = tf.reshape(x!, [-1, inFeatures]);
      const product = tf.fused.matMul({
        a: rows,
        b: weights,
        bias: offset,
        activation: activation ?? ('linear' as const),
      });
      return tf.reshape(product, [...x!.shape.slice(0, -1), outFeatures]);
    },
    [weights, offset],
  );
}
