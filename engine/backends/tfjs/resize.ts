/**
 * Resizing on TensorFlow.js, whose own operations have other coordinates: each axis is a product with a matrix, or for
 * nearest pixels a choice of pixels.
 */
import tf = require('@tensorflow/tfjs-core');

import { type ResizeAttrs, resizeWeights, type WeightedPixels } from '../../../graph/index.js';
import { onAxis, onMaps, type PreparedOp } from './step.js';

export function prepareResize(attrs: ResizeAttrs): PreparedOp {
  return onMaps(([x]) => {
    const [, height = 0, width = 0] = x!.shape;
    const rows = alongAxis(x!, 1, resizeWeights(height, 0, attrs));
    return alongAxis(rows, 2, resizeWeights(width, 1, attrs));
  });
}

function alongAxis(x: tf.Tensor, place: number, pixels: readonly WeightedPixels[]): tf.Tensor {
  return onAxis(x, place, (lines) => {
    if (pixels.every(({ from }) => from.length === 1)) {
      const indices = pixels.map(({ from }) => from[0]!);
      return tf.gather(lines, tf.tensor1d(indices, 'int32'), 1);
    }
    return tf.matMul(weightMatrix(pixels, lines.shape[1]), lines);
  });
}

/** `[1, out, size]`: every row sums to 1. */
function weightMatrix(pixels: readonly WeightedPixels[], size: number): tf.Tensor3D {
  const weights = new Float64Array(pixels.length * size);
  for (const [row, { from, weights: ofRow }] of pixels.entries()) {
    for (const [i, pixel] of from.entries()) weights[row * size + pixel]! += ofRow[i]!;
  }
  return tf.tensor3d(Float32Array.from(weights), [1, pixels.length, size]);
}

/** `[N, H, W, C·r²]` → `[N, r·H, r·W, C]`, channels in PyTorch's order. */
export function preparePixelShuffle(factor: number): PreparedOp {
  return onMaps(([x]) => {
    const [rows = 0, height = 0, width = 0, channels = 0] = x!.shape;
    const left = channels / factor ** 2;
    const split = tf.reshape(x!, [rows, height, width, left, factor, factor]);
    const moved = tf.transpose(split, [0, 1, 4, 2, 5, 3]);
    return tf.reshape(moved, [rows, height * factor, width * factor, left]);
  });
}
