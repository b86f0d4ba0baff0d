/**
 * Resizing on TensorFlow.js. Where its own operations have the same coordinates, they are taken. Otherwise, each axis is a
 * product with a matrix, or for nearest pixels a choice of pixels.
 */

import { type ResizeAttrs, resizedLength, resizeWeights, type WeightedPixels } from '../../../graph/index.js';
import { tf } from './global-engine.js';
import { onAxis, onMaps, type PreparedOp } from './step.js';

export function prepareResize(attrs: ResizeAttrs): PreparedOp {
  return onMaps(([x]) => {
    const [, height = 0, width = 0] = x!.shape;
    const own = resizedByTfjs(x as tf.Tensor4D, attrs);
    if (own !== null) return own;
    const rows = alongAxis(x!, 1, resizeWeights(height, 0, attrs));
    return alongAxis(rows, 2, resizeWeights(width, 1, attrs));
  });
}

/** Null if TensorFlow.js would compute something else. */
function resizedByTfjs(x: tf.Tensor4D, attrs: ResizeAttrs): tf.Tensor4D | null {
  const [, height, width] = x.shape;
  const [rows, columns] = [resizedLength(height, 0, attrs), resizedLength(width, 1, attrs)];
  const { mode, coordinates, scale = [rows / height, columns / width] } = attrs;
  // It computes with the quotient of the sizes. A given factor may be another, if the size was rounded down.
  if (scale[0] * height !== rows || scale[1] * width !== columns) return null;
  if (mode === 'nearest') {
    const isWhole = rows % height === 0 && columns % width === 0;
    const isFloor = coordinates === 'asymmetric' && attrs.rounding === 'floor';
    return isWhole && isFloor && isExact(rows / height) && isExact(columns / width)
      ? tf.image.resizeNearestNeighbor(x, [rows, columns])
      : null;
  }
  if (mode !== 'linear' || attrs.excludeOutside || attrs.antialias) return null;
  if (coordinates === 'half_pixel') return tf.image.resizeBilinear(x, [rows, columns], false, true);
  return coordinates === 'align_corners' ? tf.image.resizeBilinear(x, [rows, columns], true) : null;
}

/** Whether float32 holds the inverse of a factor, so that no pixel is missed by a rounding error. */
function isExact(factor: number): boolean {
  return Math.fround(1 / factor) * factor === 1;
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

/** `[1, out, size]`: every row sums to 1, or to 0 for a pixel outside. */
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
