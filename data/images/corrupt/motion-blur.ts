/** Blur by motion along rows or columns: the mean of a line of pixels about each one, of any length; edges repeat. */
import type { Image } from '../pixel-batch.js';
import type { Middle } from './box-blur.js';
import { runningMean } from './running-mean.js';

const STILL = { before: 0, after: 0 };

/** @param length pixels, above 1 @param middle of the line, before the pixel */
export function motionBlur(image: Image, length: number, direction: 'across' | 'down', middle: Middle = 0): Image {
  const reach = { before: (length - 1) / 2 + middle, after: (length - 1) / 2 - middle };
  return direction === 'across' ? runningMean(image, reach, STILL) : runningMean(image, STILL, reach);
}
