/** Layers that normalise, on TensorFlow.js. */

import {
  type BatchNorm2dAttrs,
  type GroupNormAttrs,
  type LayerNormAttrs,
  type LocalResponseNormAttrs,
  type NormalizeAttrs,
  neighbourMatrix,
} from '../../../graph/index.js';
import { tf } from './global-engine.js';
import { meanOver, sumOver } from './long-sums.js';
import { alongAxes, channelwise, inOrder, type NodeTensors, onMaps, type PreparedOp } from './step.js';

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
