/**
 * Long sums. TensorFlow.js may add values one after the other in float32, so the rounding error of a mean of 112×112 pixels
 * is 15 times PyTorch's, which adds blocks. Sums of sums have about the same error as PyTorch's.
 */
import { tf } from './global-engine.js';
import { onAxis } from './step.js';

/** From this many values on, a mean is a mean of means. */
const MANY_VALUES = 64;

/** The mean over some axes, which stay with a size of 1. @param places of the axes */
export function meanOver(x: tf.Tensor, places: readonly number[]): tf.Tensor {
  return places.reduce((values, place) => onAxis(values, place, (lines) => inTwo(lines, tf.mean)), x);
}

/** The sum over some axes, which stay with a size of 1. @param places of the axes */
export function sumOver(x: tf.Tensor, places: readonly number[]): tf.Tensor {
  return places.reduce((values, place) => onAxis(values, place, (lines) => inTwo(lines, tf.sum)), x);
}

/** `[outer, length, inner]` → `[outer, 1, inner]`. */
function inTwo(lines: tf.Tensor3D, over: (x: tf.Tensor, axis: number, keepDims: boolean) => tf.Tensor): tf.Tensor {
  const [outer, length, inner] = lines.shape;
  const [part = 1, rest = 1] = partsOfMean(length);
  if (rest === 1) return over(lines, 1, true);
  const parts = over(tf.reshape(lines, [outer * rest, part, inner]), 1, true);
  return over(tf.reshape(parts, [outer, rest, inner]), 1, true);
}

/** A mean of `length` values is a mean of means: the number of values of each, the innermost first. */
export function partsOfMean(length: number): number[] {
  const part = length < MANY_VALUES ? 1 : divisorNearRoot(length);
  return part === 1 ? [length] : [part, length / part];
}

/** The largest divisor up to the square root. */
function divisorNearRoot(length: number): number {
  let divisor = Math.floor(Math.sqrt(length));
  while (length % divisor !== 0) divisor--;
  return divisor;
}
