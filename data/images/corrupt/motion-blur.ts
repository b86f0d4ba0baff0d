/** Blur by motion along rows or columns: the mean of a line of pixels about each one, of any length; edges repeat. */
import type { Image } from '../pixel-batch.js';
import { boxWeights } from './box-blur.js';
import { convolveSeparably } from './convolve.js';
import { toPixels } from './to-pixels.js';

const STILL = Float64Array.of(1);

/** @param length pixels, above 1 */
export function motionBlur(image: Image, length: number, direction: 'across' | 'down'): Image {
  const weights = boxWeights((length - 1) / 2);
  const [across, down] = direction === 'across' ? [weights, STILL] : [STILL, weights];
  return { ...image, data: toPixels(convolveSeparably(image, across, 'nearest', down)) };
}
