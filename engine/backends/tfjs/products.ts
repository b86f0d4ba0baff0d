/** Sums over axes and products of matrices, on TensorFlow.js. */

import type { ReduceAttrs, Reduction } from '../../../graph/index.js';
import { tf } from './global-engine.js';
import { meanOver, sumOver } from './long-sums.js';
import { alongAxes, inOrder, onAxis, type PreparedOp, withoutAxes } from './step.js';

const REDUCTIONS: Readonly<Record<Reduction, (x: tf.Tensor, places: number[]) => tf.Tensor>> = {
  mean: meanOver,
  sum: sumOver,
  max: (x, places) => tf.max(x, places, true),
  min: (x, places) => tf.min(x, places, true),
  // The product of WebGPU drops the axes even if they are to stay.
  prod: (x, places) =>
    tf.reshape(
      tf.prod(x, places),
      x.shape.map((size, place) => (places.includes(place) ? 1 : size)),
    ),
  l1: (x, places) => sumOver(tf.abs(x), places),
  l2: (x, places) => tf.sqrt(sumOver(tf.square(x), places)),
};

export function prepareReduce({ function: name, axes, keepDims }: ReduceAttrs): PreparedOp {
  const kept = alongAxes(([x], place) => REDUCTIONS[name](x!, axes.map(place)));
  if (keepDims) return kept;
  return { weights: [], run: (inputs) => withoutAxes(kept.run(inputs), (axis) => !axes.includes(axis)) };
}

/** TensorFlow.js takes the softmax of the last axis only. */
export function prepareSoftmax(axis: number): PreparedOp {
  return alongAxes(([x], place) => {
    if (place(axis) === x!.rank - 1) return tf.softmax(x!);
    return onAxis(x!, place(axis), (lines) => tf.transpose(tf.softmax(tf.transpose(lines, [0, 2, 1])), [0, 2, 1]));
  });
}

export function prepareMatmul(): PreparedOp {
  return inOrder(([a, b]) => multiply(a!, b!));
}

/**
 * Matrices in the last two axes. Engines disagree about repeated axes before them, so these are repeated here.
 *
 * @param transposeB whether `b` holds `[…, N, K]`
 */
export function multiply(a: tf.Tensor, b: tf.Tensor, transposeB = false): tf.Tensor {
  const outer = a.shape.slice(0, -2).map((size, i) => Math.max(size, b.shape[i]!));
  const [left, right] = [a, b].map((x) => stacked(x, outer)) as [tf.Tensor3D, tf.Tensor3D];
  const product = tf.matMul(left, right, false, transposeB);
  return tf.reshape(product, [...outer, ...product.shape.slice(1)]);
}

/** `[…, M, K]` → `[outer, M, K]`. */
function stacked(x: tf.Tensor, outer: readonly number[]): tf.Tensor {
  const matrix = x.shape.slice(-2);
  const repeated = outer.reduce((whole, size, axis) => {
    if (whole.shape[axis] === size) return whole;
    return onAxis(whole, axis, (lines) => tf.tile(lines, [1, size, 1]));
  }, x);
  return tf.reshape(repeated, [-1, ...matrix]);
}
