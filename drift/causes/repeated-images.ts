/** A camera that gives the same image again and again, or black ones: many in the window, few in the baseline. */
import { type HashCounts, repeatedRows } from '../images/hash-tally.js';
import type { CheckCount } from '../images/image-tally.js';
import { effectiveShare } from '../rows/smallest-keys.js';
import { type Cause, shares } from './cause.js';

/** Share of repeated or black images, beyond twice that of the baseline, that is named. */
const SMALLEST_SHARE = 0.1;

/** @param baseline,window by perceptual hash; null where not known */
export function repeatedImages(baseline: HashCounts | null, window: HashCounts | null): Cause | null {
  if (window === null || window.rows === 0 || baseline === null || baseline.rows === 0) return null;
  const [before, after] = [repeatedRows(baseline) / baseline.rows, repeatedRows(window) / window.rows];
  return manyMore('repeated images', 'near duplicates of others ', 'image_phash', before, after);
}

/** @param baseline,window undefined where not known */
export function blackImages(baseline: CheckCount | undefined, window: CheckCount | undefined): Cause | null {
  if (!baseline?.images || !window?.images) return null;
  const [before, after] = [baseline.found / baseline.images, window.found / window.images];
  return manyMore('black images', '', 'image_black_share', before, after);
}

/** Copies and blank images are not independent, so that there is no test; the share alone decides. */
function manyMore(kind: string, what: string, statistic: string, before: number, after: number): Cause | null {
  if (after < 2 * before + SMALLEST_SHARE) return null;
  const words = `${kind}: ${what}${shares(before, after)} of the images`;
  return { kind, words, statistic, baseline: before, window: after, effect: after - before, p: 0 };
}

/** Images of the window that tell something new. @param rows those of the window */
export function differentImages(window: HashCounts | null, rows: number): number {
  return window === null || window.rows === 0 ? rows : rows * effectiveShare(window.weights);
}
