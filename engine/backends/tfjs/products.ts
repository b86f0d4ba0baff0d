/** Sums over axes and products of matrices, on TensorFlow.js. */
import {
  type AttentionAttrs,
  attentionScale,
  type BatchNorm2dAttrs,
  type GroupNormAttrs,
  type LayerNormAttrs,
  type LinearAttrs,
  type LocalResponseNormAttrs,
  type NormalizeAttrs,
  neighbourMatrix,
  type ReduceAttrs,
  type Reduction,
} from '../../../graph/index.js';
import { tf } from './global-engine.js';
import {
  alongAxes,
  channelwise,
  inOrder,
  meanOver,
  type NodeTensors,
  onAxis,
  onMaps,
  type PreparedOp,
  sumOver,
  withoutAxes,
} from './step.js';

const REDUCTIONS: Readonly<Record<Reduction, (x: tf.Tensor, places: number[]) => tf.Tensor>> = {
  mean: meanOver,
  sum: sumOver,
  max: (x, places) => tf.max(x, places, true),
  min: (x, places) => tf.min(x, places, true),
  // The product of WebGPU drops the axes even if they are to stay.
  prod(x, places) {
    const kept = x.shape.map((size, place) => (places.includes(place) ? 1 : size));
    return tf.reshape(tf.prod(x, places), kept);
  },
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

/** Engines disagree about repeated outer axes; here they are repeated. @param transposeB whether `b` is `[…, N, K]` */
export function multiply(a: tf.Tensor, b: tf.Tensor, transposeB = false): tf.Tensor {
  const outer = a.shape.slice(0, -2).map((size, i) => Math.max(size, b.shape[i]!));
  const [left, right] = [a, b].map((x) => stacked(x, outer)) as [tf.Tensor3D, tf.Tensor3D];
  const product = tf.matMul(left, right, false, transposeB);
  return tf.reshape(product, [...outer, ...product.shape.slice(1)]);
}

/** `a` where `b` is above 0, otherwise `b`. Computed on lists: WebGPU's `where` takes four axes at most. */
export function gate(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const shape = a.shape.map((size, i) => Math.max(size, b.shape[i]!));
  const [left, right] = [a, b].map((x) => tf.reshape(tf.add(x, tf.zeros(shape)), [-1])) as [tf.Tensor, tf.Tensor];
  return tf.reshape(tf.where(tf.greater(right, 0), left, right), shape);
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

export function prepareLinear(attrs: LinearAttrs, tensors: NodeTensors): PreparedOp {
  const { inFeatures, outFeatures, bias, activation } = attrs;
  const weights = tf.tidy(() => tf.transpose(tf.tensor2d(tensors('weight').data, [outFeatures, inFeatures])));
  const offset = tf.tensor1d(bias ? tensors('bias').data : new Float32Array(outFeatures));
  return inOrder(
    ([x]) => {
      const rows = tf.reshape(x!, [-1, inFeatures]);
      const product = tf.fused.matMul({ a: rows, b: weights, bias: offset, activation: activation ?? 'linear' });
      return tf.reshape(product, [...x!.shape.slice(0, -1), outFeatures]);
    },
    [weights, offset],
  );
}

/** A batch norm that could not be folded, as a factor and an offset a channel. */
export function prepareBatchNorm({ eps }: BatchNorm2dAttrs, tensors: NodeTensors): PreparedOp {
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((p) => tensors(p).data);
  const factors = Float64Array.from(gamma!, (g, c) => g / Math.sqrt(variance![c]! + eps));
  const factor = tf.tensor1d(Float32Array.from(factors));
  const offset = tf.tensor1d(Float32Array.from(beta!, (b, c) => b - mean![c]! * factors[c]!));
  return channelwise((x, a, b) => tf.add(tf.mul(x, a!), b!), [factor, offset]);
}

/** The sum over neighbouring channels is a product with a matrix: no engine has to slice along channels. */
export function prepareLocalResponseNorm({ size, alpha, beta, k }: LocalResponseNormAttrs): PreparedOp {
  return onMaps(([x]) => {
    const channels = x!.shape.at(-1)!;
    const squares = tf.reshape(tf.square(x!), [-1, channels]);
    const neighbours = tf.transpose(tf.tensor2d(neighbourMatrix(channels, size), [channels, channels]));
    const sums = tf.reshape(tf.matMul(squares, neighbours), x!.shape);
    return tf.div(x!, tf.pow(tf.add(tf.mul(sums, alpha / size), k), beta));
  });
}

export function prepareLayerNorm({ shape, eps, weight, bias }: LayerNormAttrs, tensors: NodeTensors): PreparedOp {
  const gain = weight ? tf.tensor1d(tensors('weight').data) : null;
  const shift = bias ? tf.tensor1d(tensors('bias').data) : null;
  const size = shape.reduce((a, b) => a * b, 1);
  return inOrder(
    ([x]) => {
      const normal = affine(standardised(tf.reshape(x!, [-1, size]), eps), gain, shift);
      return tf.reshape(normal, x!.shape);
    },
    [gain, shift].filter((tensor) => tensor !== null),
  );
}

export function prepareGroupNorm(attrs: GroupNormAttrs, tensors: NodeTensors): PreparedOp {
  const { groups, channels, eps } = attrs;
  const vectors = attrs.affine ? ['weight', 'bias'].map((part) => tf.tensor1d(tensors(part).data)) : [];
  return inOrder(([x]) => {
    const rows = tf.reshape(x!, [x!.shape[0]! * groups, -1]);
    const normal = tf.reshape(standardised(rows, eps), x!.shape);
    const along = [channels, ...new Array<number>(x!.rank - 2).fill(1)];
    const [gain, shift] = vectors.map((vector) => tf.reshape(vector, along));
    return affine(normal, gain ?? null, shift ?? null);
  }, vectors);
}

export function prepareNormalize({ axis, eps }: NormalizeAttrs): PreparedOp {
  return alongAxes(([x], place) => {
    const norm = tf.sqrt(sumOver(tf.square(x!), [place(axis)]));
    return tf.div(x!, tf.maximum(norm, eps));
  });
}

/** `(x − μ)/√(σ² + ε)` of each row. */
function standardised(rows: tf.Tensor, eps: number): tf.Tensor {
  const centred = tf.sub(rows, meanOver(rows, [1]));
  const variance = meanOver(tf.square(centred), [1]);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, eps)));
}

function affine(x: tf.Tensor, gain: tf.Tensor | null, shift: tf.Tensor | null): tf.Tensor {
  const scaled = gain === null ? x : tf.mul(x, gain);
  return shift === null ? scaled : tf.add(scaled, shift);
}
