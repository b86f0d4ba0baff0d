/** Effective numbers of rows where rows repeat, and histograms scaled to them. */
import type { CrossFit } from '../profile/cross-fit.js';
import type { Profile } from '../profile/profile.js';
import type { Reference } from '../profile/reference.js';
import { effectiveShare } from '../rows/smallest-keys.js';
import { countsAtRows, totalOf } from '../statistics/counts.js';
import type { WindowSummary } from './window-summary.js';

export function effectiveReferenceRows({ rows, sample }: Reference): number {
  return rows * effectiveShare(sample.weights);
}

/**
 * Effective number of all baseline rows, estimated from the repeats among the reference rows. n rows drawn from one
 * source have a design effect Σ w² / Σ w of about 1 + (n - 1) / N, whatever n is. Without a reference, all rows count.
 */
export function effectiveBaselineRows({ rows, reference }: Profile): number {
  if (reference === null || reference.rows < 2) return rows;
  const excess = reference.rows / effectiveReferenceRows(reference) - 1;
  return rows / (1 + (excess * (rows - 1)) / (reference.rows - 1));
}

/** Both sides of a comparison, scaled to their effective numbers of rows. */
export interface Sides {
  baseline: readonly number[];
  window: readonly number[];
}

/** Both sides of a comparison as they were counted, and what their rows are worth. */
export interface EffectiveSides extends Sides {
  baselineRows: number;
  windowRows: number;
}

/** Cross-fitted counts of all baseline rows and of the window in the profile's clusters. */
export function clusterSides(profile: Profile, crossFit: CrossFit, window: WindowSummary): EffectiveSides {
  return {
    baseline: crossFit.counts,
    baselineRows: effectiveBaselineRows(profile),
    window: window.clusters,
    windowRows: window.effectiveRows,
  };
}

/** Counts of the reference rows and of the window in the same bins. */
export function referenceSides(
  reference: Reference,
  counts: readonly number[],
  { rows, effectiveRows }: WindowSummary,
  seen: readonly number[],
): EffectiveSides {
  return {
    baseline: counts,
    baselineRows: totalOf(counts) * effectiveShare(reference.sample.weights),
    window: seen,
    windowRows: (totalOf(seen) * effectiveRows) / rows,
  };
}

/** Counts of all baseline rows and of the window in the same bins, both scaled. */
export function baselineSides(
  profile: Profile,
  counts: readonly number[],
  { rows, effectiveRows }: WindowSummary,
  seen: readonly number[],
): Sides {
  const share = effectiveBaselineRows(profile) / profile.rows;
  return {
    baseline: countsAtRows(counts, totalOf(counts) * share),
    window: countsAtRows(seen, (totalOf(seen) * effectiveRows) / rows),
  };
}

/** Number of bins that any row of either side fell in. */
export function occupiedBins({ baseline, window }: Sides): number {
  return baseline.filter((count, i) => count + window[i]! > 0).length;
}
