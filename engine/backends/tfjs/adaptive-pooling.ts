/**
 * `nn.AdaptiveAvgPool2d`: bin `i` of `out` averages the pixels from `floor(i·n/out)` to `ceil((i+1)·n/out)`.
 *
 * Bins that do not overlap are plain average pooling. Others (8 → 7, or 1 → 7) are two products with a matrix that
 * holds the weight of each pixel in each bin, one an axis.
 */
import tf = require('@tensorflow/tfjs-core');

import { onMaps, type PreparedOp } from './step.js';

export function prepareAdaptiveAvgPool2d([outHeight, outWidth]: readonly [number, number]): PreparedOp {
  return onMaps(([input]) => {
    const x = input as tf.Tensor4D;
    const [, height, width] = x.shape;
    if (height === outHeight && width === outWidth) return tf.clone(x);
    if (height % outHeight === 0 && width % outWidth === 0) {
      const window: [number, number] = [height / outHeight, width / outWidth];
      return tf.avgPool(x, window, window, 'valid');
    }
    return averageRows(averageColumns(x, outWidth), outHeight);
  });
}

/** `[N, H, W, C]` → `[N, H, out, C]`. */
function averageColumns(x: tf.Tensor4D, out: number): tf.Tensor4D {
  const [rows, height, width, channels] = x.shape;
  const bins = tf.tensor3d(binWeights(width, out), [1, out, width]);
  const averages = tf.matMul(bins, tf.reshape(x, [rows * height, width, channels]));
  return tf.reshape(averages, [rows, height, out, channels]) as tf.Tensor4D;
}

/** `[N, H, W, C]` → `[N, out, W, C]`. */
function averageRows(x: tf.Tensor4D, out: number): tf.Tensor4D {
  const [rows, height, width, channels] = x.shape;
  const bins = tf.tensor3d(binWeights(height, out), [1, out, height]);
  const averages = tf.matMul(bins, tf.reshape(x, [rows, height, width * channels]));
  return tf.reshape(averages, [rows, out, width, channels]) as tf.Tensor4D;
}

/** `[out, size]`: every row sums to 1. */
function binWeights(size: number, out: number): Float32Array {
  const weights = new Float32Array(out * size);
  for (let bin = 0; bin < out; bin++) {
    const start = Math.floor((bin * size) / out);
    const end = Math.ceil(((bin + 1) * size) / out);
    weights.fill(1 / (end - start), bin * size + start, bin * size + end);
  }
  return weights;
}
