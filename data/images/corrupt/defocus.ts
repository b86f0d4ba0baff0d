/**
 * Blur as ImageNet-C's `gaussian_blur`: scikit-image's `filters.gaussian` with its defaults of then, a kernel cut off
 * at 4 σ and the edge pixel repeated beyond the border, so that any σ fits any image.
 */
import type { Image } from '../pixel-batch.js';
import { convolveSeparably } from './convolve.js';
import { gaussianKernel } from './gaussian-blur.js';
import { toPixels } from './to-pixels.js';

const TRUNCATE = 4;

/** @param sigma standard deviation, pixels, above 0 */
export function defocus(image: Image, sigma: number): Image {
  const reach = Math.floor(TRUNCATE * sigma + 0.5);
  const blurred = convolveSeparably(image, gaussianKernel(2 * reach + 1, sigma), 'nearest');
  return { ...image, data: toPixels(blurred) };
}
