/**
 * Blur by the mean of a square, as Pillow's `BoxBlur`: any radius, with the outermost pixels counting in part, and the
 * edge pixel repeated. Pillow computes in whole numbers, so a value may differ by a level.
 */
import type { Image } from '../pixel-batch.js';
import { convolveSeparably } from './convolve.js';
import { toPixels } from './to-pixels.js';

/** @param radius pixels, above 0: the square has 2 · radius + 1 pixels a side */
export function boxBlur(image: Image, radius: number): Image {
  return { ...image, data: toPixels(convolveSeparably(image, boxWeights(radius), 'nearest')) };
}

/** Odd number of weights that add up to 1. */
export function boxWeights(radius: number): Float64Array {
  const whole = Math.floor(radius);
  const part = radius - whole;
  const weights = new Float64Array(2 * whole + (part > 0 ? 3 : 1)).fill(1);
  if (part > 0) weights[0] = weights[weights.length - 1] = part;
  return weights.map((weight) => weight / (2 * radius + 1));
}
