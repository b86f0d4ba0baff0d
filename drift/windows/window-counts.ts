/**
 * Counts of production rows against a profile. They merge by adding: shards counted on different machines give, in any
 * order, exactly the counts of one run.
 */
import { addLabelCounts, type LabelCounts } from '../rows/label-tally.js';
import { addCounts } from '../statistics/counts.js';

export interface WindowCounts extends LabelCounts {
  /** Rows counted; the sum of `clusters`. */
  rows: number;
  /** Rows left out because a value of the embedding or the scores was not finite. */
  skipped: number;
  /** Rows nearest to each of the profile's centroids. */
  clusters: number[];
  /** Earliest and latest timestamp of the counted rows, ms since 1970 UTC; null if no row has one. */
  from: number | null;
  to: number | null;
  /** `[7]`: rows of each day of the week in UTC, from Thursday. */
  weekdays: number[];
}

/**
 * Adds the counts of two parts of a window, which were counted against the same profile.
 *
 * @throws DriftError `COUNTS_DIFFER` if the numbers of clusters or classes differ
 */
export function mergeWindowCounts(a: WindowCounts, b: WindowCounts): WindowCounts {
  return {
    rows: a.rows + b.rows,
    skipped: a.skipped + b.skipped,
    clusters: addCounts(a.clusters, b.clusters),
    ...addLabelCounts(a, b),
    from: earlier(a.from, b.from),
    to: later(a.to, b.to),
    weekdays: addCounts(a.weekdays, b.weekdays),
  };
}

export function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

export function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
