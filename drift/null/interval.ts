/**
 * 90 % confidence interval of a divergence between histograms, from one value of it. It inverts the test that gives p.
 *
 * A divergence D of two samples is approximately c · X, where X is noncentral chi-square with bins - 1 degrees of
 * freedom, and c puts the test's cut where it should be without drift. Large divergences are approximately normal, with
 * the variance of the delta method. So c is such that the variance of c · X far from 0, which is 4 c D, equals that of
 * the delta method and a little more, as few rows vary more than both say. The interval holds the noncentralities that
 * could have given the value. It begins at 0, which is no drift, exactly if the value is not beyond the cut.
 */
import { log } from '../../base/math/index.js';
import { totalOf } from '../statistics/counts.js';
import {
  jensenShannonDistance,
  type LogBase,
  maximumJensenShannonDistance,
} from '../statistics/histogram-distances.js';
import { type EffectiveSides, occupiedBins } from '../windows/effective-rows.js';
import { chiSquareQuantile, noncentralChiSquareCdf, noncentralityFor } from './chi-square.js';

/** Chance of a value beyond either end. */
export const TAIL = 0.05;

/** Without it, 79 to 90 % of intervals of 50 rows and more held distances of 0.2 to 0.5 (5 clusters, drawn shares). */
const WIDER = 1.15;
const WIDER_ROWS = 20;

/** A smaller divergence is a rounding error of its sum. */
const LEAST_VALUE = 1e-14;
/** So is a smaller variance, as a share of the squared value: one row in 10^12 makes more. */
const LEAST_VARIANCE = 1e-24;

interface Divergence {
  /** Divergence of the two samples, 0 or more. */
  value: number;
  /** Variance by the delta method, from the effective rows of both sides. */
  variance: number;
  /** The largest value that is not significant at `level`. */
  cut: number;
  /** Level of the cut: `TAIL` divided by the number of tests. */
  level: number;
  /** Number of bins that any row fell in. */
  bins: number;
  /** Effective rows of the smaller side. */
  rows: number;
}

/** Lower and upper bound of the true divergence. */
export function divergenceInterval({ value, variance, cut, level, bins, rows }: Divergence): [number, number] {
  if (bins < 2 || cut <= 0) return [value > cut ? value : 0, value];
  const df = bins - 1;
  const scale = cut / chiSquareQuantile(1 - level, df);
  const known = value > LEAST_VALUE && variance > LEAST_VARIANCE * value ** 2;
  // Where rounding decides, histograms are alike, for which the scale is right, or they share nothing: then every
  // sample has the same value, and the scale keeps the interval from being a point.
  const c = known ? ((WIDER + WIDER_ROWS / rows) * variance) / (4 * value) : scale;
  const x = value / c;
  // The sampled value is on average too large by df times the scale of small distances.
  const excess = (df * scale) / c;
  // At the cut the two scales may differ a little; there the test's own decides.
  const low = () =>
    c * noncentralityFor(x, excess, 1 - level) || scale * noncentralityFor(value / scale, df, 1 - level);
  // Below the noise level, the upper bound is that of the noise, not an impossible 0.
  const high = c * noncentralityFor(Math.max(x, excess), excess, TAIL);
  return [value > cut ? low() : 0, high];
}

/** Variance of a mean over rows, of which a share `shares[i]` has the value `values[i]`; exactly 0 for equal values. */
export function varianceOfMean(shares: readonly number[], values: readonly number[], rows: number): number {
  const origin = values[shares.findIndex((share) => share > 0)] ?? 0;
  let mean = 0;
  let square = 0;
  for (const [i, share] of shares.entries()) {
    if (share === 0) continue;
    mean += share * (values[i]! - origin);
    square += share * (values[i]! - origin) ** 2;
  }
  return Math.max(0, square - mean * mean) / rows;
}

/**
 * 90 % interval of a Jensen-Shannon distance by the delta method: with m = (p + q) / 2, the divergence in nats has the
 * derivatives ln(p / m) / 2 by p and ln(q / m) / 2 by q.
 */
const HALF = 0.5;

/** @param sides neither is empty @param cut largest distance that is not significant at `level`, in the same base */
export function jensenShannonInterval(
  sides: EffectiveSides,
  base: LogBase,
  { cut, level }: { cut: number; level: number },
): [number, number] {
  const bins = occupiedBins(sides);
  const [p, q] = [sharesOf(sides.baseline, sides.baselineRows, bins), sharesOf(sides.window, sides.windowRows, bins)];
  const slopes = (a: readonly number[], b: readonly number[]) =>
    a.map((share, i) => (share === 0 ? 0 : 0.5 * log((2 * share) / (share + b[i]!))));
  const nats = base === 2 ? Math.LN2 : 1;
  const value = jensenShannonDistance(sides.baseline, sides.window, { base });
  const interval = divergenceInterval({
    value: nats * value ** 2,
    variance: varianceOfMean(p, slopes(p, q), sides.baselineRows) + varianceOfMean(q, slopes(q, p), sides.windowRows),
    cut: nats * cut ** 2,
    level,
    bins,
    rows: Math.min(sides.baselineRows, sides.windowRows),
  });
  const maximum = maximumJensenShannonDistance(base);
  const [low, high] = interval.map((divergence) => Math.min(maximum, Math.sqrt(divergence / nats)));
  return [Math.min(low!, value), Math.max(high!, value)];
}

/** Adds half a row to a bin, at most 2.5 in all: a bin with few rows is not empty, and an empty one has no variance. */
function sharesOf(counts: readonly number[], rows: number, bins: number): number[] {
  const scale = rows / totalOf(counts);
  const added = Math.min(HALF, (5 * HALF) / bins);
  return counts.map((count) => (scale * count + added) / (rows + added * counts.length));
}

// The smallest drift that a window of a given size can detect.
//
// For two histograms at Jensen-Shannon distance d (base 2), the chi-square statistic of samples of m and n rows is
// approximately noncentral chi-square, with bins - 1 degrees of freedom and noncentrality 8 ln 2 · d² / (1/m + 1/n):
// for small differences, the divergence is a quarter of the mean of the two chi-square divergences (F. Topsøe, IEEE
// Trans. Inf. Theory 46, 2000). Source of the power: J. Cohen, Statistical Power Analysis (1988), 7.

/** Power of a window of this size. */
export interface Sensitivity {
  /** Chance of `p <= alpha` if the true distance of the histograms is `detect`. */
  power: number;
  /** Different rows that detect it with a chance of 80 %; null if no number is enough against so small a reference. */
  rowsNeeded: number | null;
}

/** What the power of a method follows from: shares of bins that it compares. */
export interface Looked {
  /** Bins that any row fell in. */
  bins: number;
  /** Effective rows. */
  baselineRows: number;
  windowRows: number;
  /** Level of the method, which is corrected for those that vote with it. */
  level: number;
}

export const ASKED_POWER = 0.8;

/**
 * What several methods see together: all of them must miss a change. Their chances are multiplied as if independent.
 * Methods whose power is not known add to what is seen here.
 * @param looked of each method, at least one
 * @param rows effective rows of the window
 * @param distance Jensen-Shannon distance, base 2, above 0
 */
export function sensitivityOf(looked: readonly Looked[], rows: number, distance: number): Sensitivity {
  const powers = looked.map((one) => powerAt(one, distance));
  const power = (times: number) => 1 - powers.reduce((missed, of) => missed * (1 - of(times)), 1);
  const now = power(1);
  let [few, enough] = now >= ASKED_POWER ? [LEAST_TIMES, 1] : [1, MOST_TIMES];
  if (power(enough) < ASKED_POWER) return { power: now, rowsNeeded: null };
  while (enough > (1 + PRECISION) * few) {
    const middle = Math.sqrt(few * enough);
    if (power(middle) < ASKED_POWER) few = middle;
    else enough = middle;
  }
  return { power: now, rowsNeeded: Math.ceil(rows * enough) };
}

/** The number of rows needed is looked for between so many times those of the window. */
const [LEAST_TIMES, MOST_TIMES] = [1e-6, 1e6];
const PRECISION = 1e-7;

/** Chance that one method sees the change in a window of so many times the rows. */
function powerAt({ bins, baselineRows, windowRows, level }: Looked, distance: number): (times: number) => number {
  if (bins < 2) return () => 0;
  const df = bins - 1;
  const critical = chiSquareQuantile(1 - level, df);
  const perWeight = 8 * Math.LN2 * distance ** 2;
  return (times) => 1 - noncentralChiSquareCdf(critical, df, perWeight / (1 / baselineRows + 1 / (times * windowRows)));
}
