/** Bins that grew or shrank, of clusters and predicted classes, by Fisher's exact test with Holm's adjustment. */
import { DriftError } from '../drift-error.js';
import { classedBins, type Histogram, NO_BIN, type Reference, statisticNames } from '../profile/reference.js';
import { totalOf } from '../statistics/counts.js';
import { kolmogorovP, signedKolmogorovSmirnovDistance } from '../statistics/histogram-distances.js';
import { fisherExactP, holm } from '../tests/p-values.js';
import type { WindowSummary } from '../windows/window-summary.js';
import {
  type Cause,
  type ColumnSummaries,
  type ColumnSummary,
  columnChanges,
  SMALLEST_EFFECT,
  sureChanges,
} from './cause.js';

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
 * The bins whose share changed, the largest change first, then in the order of the bins; none if one has no rows.
 * @param baseline,window counts of the same bins; the baseline's are best those of rows that no bin was fitted to
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

// Other classes, or other images? A window of many dogs is darker than a baseline of few. So where predicted classes
// moved, the window is compared with the baseline reweighted to the window's classes (Z. Lipton et al., "Detecting and
// correcting for label shift with black box predictors", 2018, by predictions). If nothing is left of the change, not
// even in the confidence, the classes explain it. A change of the images is still there among images of one class.

/** The baseline's image statistics and confidence with the classes of a window. */
interface GivenClasses {
  statistics: ColumnSummaries;
  /** Counts in the bins of the reference's confidence. */
  confidence: number[];
  /** How many rows of equal weight they are worth. */
  rows: number;
}

/** Share of a window's rows whose predicted class no kept row of the baseline may have. */
const MOST_UNKNOWN = 0.1;

/** @param predicted rows of the window by class @returns null where the profile does not know them, or not these */
function givenClasses(reference: Reference, predicted: readonly number[]): GivenClasses | null {
  const { classed, confidence, statistics } = reference;
  if (!classed || !confidence || classed.weights.length === 0) return null;
  const before = new Array<number>(predicted.length).fill(0);
  for (const [row, index] of classed.predicted.entries()) if (index >= 0) before[index]! += classed.weights[row]!;
  const total = totalOf(predicted);
  const unknown = predicted.reduce((sum, count, c) => sum + (before[c] === 0 ? count : 0), 0);
  if (total === 0 || unknown > MOST_UNKNOWN * total) return null;
  const weights = Float64Array.from(classed.weights, (weight, row) => {
    const index = classed.predicted[row]!;
    return index < 0 ? 0 : (weight * predicted[index]!) / before[index]!;
  });
  const rows =
    weights.reduce((sum, weight) => sum + weight, 0) ** 2 / weights.reduce((sum, weight) => sum + weight ** 2, 0);
  const columns = classedBins(reference);
  const countsOf = (column: number, by: ArrayLike<number>) => {
    const counts = new Array<number>(columns[column]!).fill(0);
    for (let row = 0; row < by.length; row++) {
      const bin = classed.bins[row * columns.length + column]!;
      if (bin !== NO_BIN) counts[bin]! += by[row]!;
    }
    return counts;
  };
  const given = statisticNames(reference).map((name, column) => {
    const [plain, mixed] = [countsOf(column, classed.weights), countsOf(column, weights)];
    return [name, moved(statistics[name]!, plain, mixed, rows)] as const;
  });
  return { statistics: Object.fromEntries(given), confidence: countsOf(columns.length - 1, weights), rows };
}

/** The summary of a column whose counts were `plain`, and would be `mixed`. */
function moved(
  { edges, mean, variance }: Reference['statistics'][string],
  plain: readonly number[],
  mixed: readonly number[],
  rows: number,
): ColumnSummary {
  const total = totalOf(mixed);
  const [from, to] = [plain, mixed].map((counts) => midMoments(edges, counts)) as [Moments, Moments];
  return {
    rows,
    mean: mean === null ? null : mean + to.mean - from.mean,
    variance: variance === null ? null : from.variance > 0 ? (variance * to.variance) / from.variance : variance,
    counts: mixed.map((count) => (total === 0 ? 0 : (count * rows) / total)),
  };
}

interface Moments {
  mean: number;
  variance: number;
}

function midMoments(edges: Histogram['edges'], counts: readonly number[]): Moments {
  const middle = (bin: number) =>
    ((edges[Math.max(0, bin - 1)] ?? 0) + (edges[Math.min(edges.length - 1, bin)] ?? 0)) / 2;
  const total = totalOf(counts) || 1;
  const mean = counts.reduce((sum, count, bin) => sum + count * middle(bin), 0) / total;
  return { mean, variance: counts.reduce((sum, count, bin) => sum + count * (middle(bin) - mean) ** 2, 0) / total };
}

export const OTHER_CLASSES = 'other mix of classes';

/** Smallest effect on the confidence among images of one class that the classes cannot have. */
const SMALLEST_ON_CONFIDENCE = 0.1;
/** Kolmogorov-Smirnov distance that chance stays below in 95 %, times the root of the rows. */
const NOISE = 1.36;
export const NAMED_CLASSES = 2;

interface MovedClasses {
  predicted: readonly ShareChange[];
  classes: readonly string[];
  effectiveRows: number;
  alpha: number;
}

/** The cause, where the classes explain all of the change; null where they do not, or where that cannot be told. */
export function otherClasses(reference: Reference, window: WindowSummary, moved: MovedClasses): Cause | null {
  const given = window.predicted && givenClasses(reference, window.predicted);
  if (!given || !window.reference) return null;
  const { alpha, effectiveRows, predicted, classes } = moved;
  // Few rows show no change that is as small as those that are named.
  if (NOISE * Math.sqrt(1 / given.rows + 1 / effectiveRows) > SMALLEST_EFFECT) return null;
  const left = columnChanges(given.statistics, window.reference.statistics, effectiveRows);
  if (sureChanges(left, alpha).length > 0 || isOtherConfidence(given, window, moved)) return null;
  const [most] = predicted as [ShareChange, ...ShareChange[]];
  const named = predicted.slice(0, NAMED_CLASSES).map((change) => predictedWords(change, classes));
  return {
    kind: OTHER_CLASSES,
    words: `${OTHER_CLASSES}: ${named.join(', ')}`,
    statistic: 'prediction',
    baseline: most.baseline,
    window: most.window,
    effect: Math.abs(most.window - most.baseline),
    p: most.p,
  };
}

function isOtherConfidence(
  given: GivenClasses,
  window: WindowSummary,
  { effectiveRows, alpha }: MovedClasses,
): boolean {
  const after = window.reference?.confidence ?? [];
  if (totalOf(given.confidence) === 0 || totalOf(after) === 0) return false;
  const effect = signedKolmogorovSmirnovDistance(given.confidence, after);
  return Math.abs(effect) >= SMALLEST_ON_CONFIDENCE && kolmogorovP(effect, given.rows, effectiveRows) <= alpha;
}
