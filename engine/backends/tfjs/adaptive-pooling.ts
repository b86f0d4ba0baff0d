/**
 * `nn.AdaptiveAvgPool2d` and `nn.AdaptiveMaxPool2d`: bin `i` of `out` averages the pixels from `floor(i·n/out)` to `ceil((i+1)·n/out)`.
 *
 * Bins that do not overlap are plain pooling. Others (8 → 7, or 1 → 7) are averaged by two products with a matrix that
 * holds the weight of each pixel in each bin, one an axis. The largest of each is taken bin by bin.
 */

import { bins, type Span } from '../../../graph/index.js';
import { tf } from './global-engine.js';
import { partsOfMean } from './long-sums.js';
import { onAxis, onMaps, type PreparedOp } from './step.js';

export function prepareAdaptiveAvgPool2d([outHeight, outWidth]: readonly [number, number]): PreparedOp {
  return onMaps(([input]) => {
    const x = input as tf.Tensor4D;
    const [, height, width] = x.shape;
    if (height === outHeight && width === outWidth) return tf.clone(x);
    if (height % outHeight === 0 && width % outWidth === 0) {
      const window: [number, number] = [height / outHeight, width / outWidth];
      return averageOf(x, window);
    }
    return averageRows(averageColumns(x, outWidth), outHeight);
  });
}

/** From this many pixels on, an average is one of averages of rows. */
const MANY_PIXELS = 64;

function averageOf(x: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  if (height * width < MANY_PIXELS) return average(x, [height, width]);
  const rows = partsOfMean(width).reduce((values, part) => average(values, [1, part]), x);
  return partsOfMean(height).reduce((values, part) => average(values, [part, 1]), rows);
}

function average(x: tf.Tensor4D, window: [number, number]): tf.Tensor4D {
  return tf.avgPool(x, window, window, 'valid');
}

export function prepareAdaptiveMaxPool2d([outHeight, outWidth]: readonly [number, number]): PreparedOp {
  return onMaps(([input]) => {
    const x = input as tf.Tensor4D;
    const [, height, width] = x.shape;
    return largestOfBins(largestOfBins(x, 1, bins(height, outHeight)), 2, bins(width, outWidth));
  });
}

/** @param place of the axis */
function largestOfBins(x: tf.Tensor, place: number, spans: readonly Span[]): tf.Tensor {
  return onAxis(x, place, (lines) =>
    tf.concat(
      spans.map(({ start, end }) => tf.max(tf.slice(lines, [0, start, 0], [-1, end - start, -1]), 1, true)),
      1,
    ),
  );
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
  for (const [bin, { start, end }] of bins(size, out).entries()) {
    weights.fill(1 / (end - start), bin * size + start, bin * size + end);
  }
  return weights;
}
