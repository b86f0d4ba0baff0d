/** `linear` on TensorFlow.js: one matrix product, whatever the rank of its input. */
import tf = require('@tensorflow/tfjs-core');

import type { LinearAttrs } from '../../../graph/index.js';
import { activate, fusedActivation } from './activation.js';
import { addsInOrder, LONG_ROW, partsOfSum, sumOfParts } from './long-sums.js';
import { inOrder, type NodeTensors, type PreparedOp, splitLast } from './step.js';

export function prepareLinear(
  { inFeatures, outFeatures, bias, activation }: LinearAttrs,
  tensors: NodeTensors,
): PreparedOp {
  const parts = partsOfSum(inFeatures);
  const weights = tf.tidy(() =>
    tf.split(tf.transpose(tf.tensor2d(tensors('weight').data, [outFeatures, inFeatures])), parts),
  );
  const offset = tf.tensor1d(bias ? tensors('bias').data : new Float32Array(outFeatures));
  const ofRows = parts === 1 ? partsOfSum(inFeatures, 1, { long: LONG_ROW }) : 1;
  const multiply = (x: tf.Tensor, hasRows: boolean): tf.Tensor => {
    if (!addsInOrder()) {
      return tf.fused.matMul({ a: x, b: weights[0]!, bias: offset, activation: fusedActivation(activation) });
    }
    const factors = hasRows && ofRows > 1 ? tf.split(weights[0]!, ofRows) : weights;
    const sum = sumOfParts(splitLast(x, factors.length).map((a, i) => tf.matMul(a, factors[i]!)));
    // Last: a large bias would round every product that is added to it.
    return activate(bias ? tf.add(sum, offset) : sum, activation);
  };
  return inOrder(
    ([x]) => {
      if (x!.rank === 2) return multiply(x!, true);
      const product = multiply(tf.reshape(x!, [-1, inFeatures]), false);
      return tf.reshape(product, [...x!.shape.slice(0, -1), outFeatures]);
    },
    [...weights, offset],
  );
}
