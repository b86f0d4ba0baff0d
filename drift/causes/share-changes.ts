/**
 * Finds the bins of a histogram that grew or shrank, for clusters and predicted classes: `cluster 3: 12 % → 31 % of
 * rows`.
 *
 * Fisher's exact test compares each bin's share with the baseline's. Holm's adjustment for the number of bins keeps any
 * of them from being named by chance.
 */
import { DriftError } from '../drift-error.js';
import { holm } from '../statistics/adjusted-p-values.js';
import { totalOf } from '../statistics/counts.js';
import { fisherExactP } from '../tests/fisher-exact.js';

export interface ShareChange {
  bin: number;
  /** Shares of the rows, 0 to 1. */
  baseline: number;
  window: number;
  /** p after Holm's adjustment over all bins. */
  p: number;
}

export interface ShareChangeOptions {
  /** Level of significance; default 0.05. */
  alpha?: number | undefined;
  /** Effective rows of the window if rows repeat; at most its rows. */
  effectiveRows?: number | undefined;
  /** Smallest change that is named, however significant; default 0.01, one row in a hundred. */
  smallest?: number | undefined;
}

/**
 * The bins whose share changed, the largest change first; equal ones in the order of the bins.
 *
 * @param baseline,window counts of the same bins; the baseline's are best those of rows that no bin was fitted to
 * @returns empty if one of the two has no rows
 * @throws DriftError `COUNTS_DIFFER` if the numbers of bins differ
 */
export function shareChanges(
  baseline: readonly number[],
  window: readonly number[],
  options: ShareChangeOptions = {},
): ShareChange[] {
  if (baseline.length !== window.length) {
    throw new DriftError('COUNTS_DIFFER', `counts of ${baseline.length} bins and of ${window.length} bins`);
  }
  const [m, n] = [totalOf(baseline), totalOf(window)];
  if (m === 0 || n === 0) return [];
  const worth = Math.max(1, Math.round(Math.min(n, options.effectiveRows ?? n)));
  const p = holm(window.map((count, bin) => fisherExactP(baseline[bin]!, m, Math.round((count * worth) / n), worth)));
  const { alpha = 0.05, smallest = 0.01 } = options;
  return window
    .map((count, bin) => ({ bin, baseline: baseline[bin]! / m, window: count / n, p: p[bin]! }))
    .filter((change) => change.p <= alpha && size(change) >= smallest)
    .sort((a, b) => size(b) - size(a) || a.bin - b.bin);
}

/** `cluster 3: 12 % → 31 % of rows`. Clusters are numbered from 1, as in the report. */
export function clusterWords({ bin, baseline, window }: ShareChange): string {
  return `cluster ${bin + 1}: ${shareWords(baseline, window)} of rows`;
}

/** `predicted "cat": 10 % → 24 %` */
export function predictedWords({ bin, baseline, window }: ShareChange, classes: readonly string[]): string {
  return `predicted ${JSON.stringify(classes[bin] ?? `class ${bin}`)}: ${shareWords(baseline, window)}`;
}

/** Whole percent, or one more digit if whole ones would hide the change. */
function shareWords(before: number, after: number): string {
  const digits = Math.abs(after - before) < 0.02 ? 1 : 0;
  return `${(100 * before).toFixed(digits)} % → ${(100 * after).toFixed(digits)} %`;
}

function size({ baseline, window }: ShareChange): number {
  return Math.abs(window - baseline);
}
