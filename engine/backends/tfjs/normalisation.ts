/** Layers that normalise, on TensorFlow.js. */
import tf = require('@tensorflow/tfjs-core');

import type { BatchNorm2dAttrs, LocalResponseNormAttrs } from '../../../graph/index.js';
import { channelwise, type NodeTensors, onMaps, type PreparedOp } from './step.js';

/** A batch norm that could not be folded, as a factor and an offset a channel. */
export function prepareBatchNorm({ eps }: BatchNorm2dAttrs, tensors: NodeTensors): PreparedOp {
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((p) => tensors(p).data);
  const factors = Float64Array.from(gamma!, (g, c) => g / Math.sqrt(variance![c]! + eps));
  const factor = tf.tensor1d(Float32Array.from(factors));
  const offset = tf.tensor1d(Float32Array.from(beta!, (b, c) => b - mean![c]! * factors[c]!));
  return channelwise((x, a, b) => tf.add(tf.mul(x, a!), b!), [factor, offset]);
}

/** The sum over neighbouring channels is a product with a band matrix: no engine has to slice along channels. */
export function prepareLocalResponseNorm({ size, alpha, beta, k }: LocalResponseNormAttrs): PreparedOp {
  return onMaps(([x]) => {
    const channels = x!.shape.at(-1)!;
    const squares = tf.reshape(tf.square(x!), [-1, channels]);
    const band = tf.tensor2d(bandMatrix(channels, size, alpha / size), [channels, channels]);
    const sums = tf.reshape(tf.matMul(squares, band), x!.shape);
    return tf.div(x!, tf.pow(tf.add(sums, k), beta));
  });
}

/** `[from, to]`: which channels each channel sums. */
function bandMatrix(channels: number, size: number, weight: number): Float32Array {
  const matrix = new Float32Array(channels * channels);
  for (let to = 0; to < channels; to++) {
    const last = Math.min(channels - 1, to + Math.floor((size - 1) / 2));
    for (let from = Math.max(0, to - Math.floor(size / 2)); from <= last; from++) matrix[from * channels + to] = weight;
  }
  return matrix;
}
