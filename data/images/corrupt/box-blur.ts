/**
 * Blur by the mean of a square, as Pillow's `BoxBlur`: any radius, with the outermost pixels counting in part, and the
 * edge pixel repeated. Pillow computes in whole numbers, so a value may differ by a level.
 */
import type { Image } from '../pixel-batch.js';
import { runningMean } from './running-mean.js';

/**
 * How far the middle of the square lies to the left of the pixel, and above. A square of an even number of pixels has no pixel in
 * its middle: OpenCV's lies half a pixel off.
 */
export type Middle = 0 | 0.5;

/** @param radius pixels, above 0, at least `middle`: the square has 2 · radius + 1 pixels a side */
export function boxBlur(image: Image, radius: number, middle: Middle = 0): Image {
  const reach = { before: radius + middle, after: radius - middle };
  return runningMean(image, reach, reach);
}
