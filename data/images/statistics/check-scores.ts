/**
 * How dark, bright and blurred an image is, as cleanvision scores it (https://github.com/cleanlab/cleanvision, version
 * 0.3.7, `issue_managers/image_property.py`): from 0 to 1, and the lower, the worse.
 *
 * | score | formula |
 * |---|---|
 * | dark | 99th percentile of the pixels' brightness, `√(0.241 R² + 0.691 G² + 0.068 B²) / 255` |
 * | bright | 1 − 5th percentile of that |
 * | blurred | `1 − e^(−s/100)`, s the standard deviation of the edges; with `1 − e^(−h/100)` added where that is above 0.18, h the standard deviation of the 256 counts of a histogram; at most 1. Both of the gray image, whose longer side is shrunk to 64 pixels. |
 */
import type { Image } from '../pixel-batch.js';
import { resizeImage } from '../resize/resize.js';
import { brightnessPercentiles } from './brightness-percentiles.js';
import { looksKernel } from './kernel/looks-kernel.js';

export interface CheckScores {
  dark: number;
  bright: number;
  blurred: number;
}

/** Longer side of the image in which blur is looked for, pixels. */
const BLUR_SIDE = 64;
const LEVELS = 256;
/** A histogram's part of the score counts from here on. */
const FLAT_HISTOGRAM = 0.18;

/** @returns the scores, and the gray image that falls off on the way, `[pixels]`, which is valid until the next call of the kernel */
export function brightnessScores(image: Image): Omit<CheckScores, 'blurred'> & { gray: Uint8Array } {
  const kernel = looksKernel();
  const { values, gray } = brightnessPercentiles(image.data, [5, 99], (...asked) => kernel.split(...asked));
  return { dark: values[1], bright: 1 - values[0], gray };
}

export function blurredScore(image: Image): number {
  const { height, width } = smallSize(image);
  const { data } = resizeImage(image, height, width, { interpolation: 'bicubic', pillow: 13 });
  const { edges, squaredEdges, squaredCounts } = looksKernel().blurSums(data, height, width);
  const ofHistogram = 1 - Math.exp(-deviation(height * width, squaredCounts, LEVELS) / 100);
  const ofEdges = 1 - Math.exp(-deviation(edges, squaredEdges, height * width) / 100);
  return Math.min(1, ofEdges + (ofHistogram > FLAT_HISTOGRAM ? ofHistogram : 0));
}

function smallSize({ height, width }: Image): { height: number; width: number } {
  const ratio = Math.max(height, width) / BLUR_SIDE;
  if (ratio <= 1) return { height, width };
  return { height: Math.max(1, wholeTimes(height, ratio)), width: Math.max(1, wholeTimes(width, ratio)) };
}

/** Python's `a // b` of floats, by the exact remainder. */
function wholeTimes(a: number, b: number): number {
  return Math.round((a - (a % b)) / b);
}

/** Standard deviation of n values, divisor n, by their sum and that of their squares. */
function deviation(sum: number, squares: number, n: number): number {
  return Math.sqrt(Math.max(0, squares - sum ** 2 / n) / n);
}
