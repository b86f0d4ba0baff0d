/** Sums over axes and products of matrices, on TensorFlow.js. */
import {
  type AttentionAttrs,
  attentionScale,
  type LinearAttrs,
  type ReduceAttrs,
  type Reduction,
} from '../../../graph/index.js';
import { tf } from './global-engine.js';
import { meanOver, sumOver } from './long-sums.js';
import { alongAxes, inOrder, type NodeTensors, onAxis, type PreparedOp, withoutAxes } from './step.js';

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

/** Added to the scores of keys that a query must not see: exp of it is 0. */
const UNSEEN = -1e30;

export function prepareAttention(attrs: AttentionAttrs): PreparedOp {
  return inOrder(([queries, keys, values, bias]) => {
    const scaled = tf.mul(queries!, attentionScale(queries!.shape, attrs));
    const dots = capped(multiply(scaled, keys!, true), attrs);
    const biased = bias === undefined ? dots : tf.add(dots, bias);
    const [length, seen] = [biased.shape.at(-2)!, biased.shape.at(-1)!];
    const scores = attrs.causal ? tf.add(biased, causalMask(length, seen)) : biased;
    return multiply(tf.softmax(scores), values!);
  });
}

function capped(dots: tf.Tensor, { softcap }: AttentionAttrs): tf.Tensor {
  return softcap === undefined ? dots : tf.mul(tf.tanh(tf.div(dots, softcap)), softcap);
}

function causalMask(queries: number, keys: number): tf.Tensor2D {
  const mask = new Float32Array(queries * keys);
  for (let query = 0; query < queries; query++) mask.fill(UNSEEN, query * keys + query + 1, (query + 1) * keys);
  return tf.tensor2d(mask, [queries, keys]);
}

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
