/** A camera that gives the same image again and again: many near duplicates in the window, few in the baseline. */
import { type HashCounts, repeatedRows } from '../images/hash-tally.js';
import { effectiveShare } from '../rows/smallest-keys.js';
import { type Cause, shares } from './cause.js';

/** Share of repeated images, beyond twice that of the baseline, that is named. */
const SMALLEST_SHARE = 0.1;

/** @param baseline,window by perceptual hash; null where not known */
export function repeatedImages(baseline: HashCounts | null, window: HashCounts | null): Cause | null {
  if (window === null || window.rows === 0 || baseline === null || baseline.rows === 0) return null;
  const [before, after] = [repeatedRows(baseline) / baseline.rows, repeatedRows(window) / window.rows];
  if (after < 2 * before + SMALLEST_SHARE) return null;
  const words = `repeated images: near duplicates of others ${shares(before, after)} of the images`;
  // Copies are not independent, so that there is no test; the share alone decides.
  return {
    kind: 'repeated images',
    words,
    statistic: 'image_phash',
    baseline: before,
    window: after,
    effect: after - before,
    p: 0,
  };
}

/** Images of the window that tell something new. @param rows those of the window */
export function differentImages(window: HashCounts | null, rows: number): number {
  return window === null || window.rows === 0 ? rows : rows * effectiveShare(window.weights);
}
