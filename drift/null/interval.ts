/**
 * 90 % confidence interval of a divergence between histograms, from one value of it. It inverts the test that gives p.
 *
 * A divergence D of two samples is approximately c · X, where X is noncentral chi-square with bins - 1 degrees of freedom,
 * and c is such that the test's cut is where it should be without drift. Large divergences are approximately normal, with
 * the variance of the delta method. To cover both, c is chosen so that the variance of c · X far from 0, which is 4 c D,
 * equals that of the delta method and a little more: both are approximations, and few rows vary more than they say.
 * The interval holds the noncentralities that could have given the value. It begins at 0,
 * which is no drift, exactly if the value is not beyond the cut.
 */

import { totalOf } from '../statistics/counts.js';
import { jensenShannonDistance, type LogBase, maximumJensenShannonDistance } from '../statistics/jensen-shannon.js';
import { type EffectiveSides, occupiedBins } from '../windows/effective-rows.js';
import { chiSquareQuantile, noncentralityFor } from './chi-square.js';

/** Chance of a value beyond either end. */
export const TAIL = 0.05;

/**
 * Without it, the interval held distances of 0.2 to 0.5 in 79 to 90 % of windows of 50 rows and more (five clusters, drawn shares).
 */
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
  // sample of these shares has the same value, and the scale keeps the interval from being a point.
  const c = known ? ((WIDER + WIDER_ROWS / rows) * variance) / (4 * value) : scale;
  const x = value / c;
  // The sampled value is on average too large by df times the scale of small distances.
  const excess = (df * scale) / c;
  // At the cut the two scales may differ a little; there the test's own decides.
  const low = () =>
    c * noncentralityFor(x, excess, 1 - level) || scale * noncentralityFor(value / scale, df, 1 - level);
  // A value below the noise level is luck. The upper bound is then that of the noise, not an impossible 0.
  const high = c * noncentralityFor(Math.max(x, excess), excess, TAIL);
  return [value > cut ? low() : 0, high];
}

/**
 * Variance of a mean over rows, of which a share `shares[i]` has the value `values[i]`. Values are taken from the first
 * one on, so that equal values have a variance of exactly 0 and not of a rounding error.
 */
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
 * 90 % confidence interval of a Jensen-Shannon distance.
 *
 * Delta method: with the mixture m = (p + q) / 2, the divergence in nats has the derivatives ln(p / m) / 2 by p and
 * ln(q / m) / 2 by q.
 */
const HALF = 0.5;

/**
 * @param sides neither is empty
 * @param cut largest distance that is not significant at `level`, in the same base
 */
export function jensenShannonInterval(
  sides: EffectiveSides,
  base: LogBase,
  { cut, level }: { cut: number; level: number },
): [number, number] {
  const bins = occupiedBins(sides);
  const [p, q] = [sharesOf(sides.baseline, sides.baselineRows, bins), sharesOf(sides.window, sides.windowRows, bins)];
  const slopes = (a: readonly number[], b: readonly number[]) =>
    a.map((share, i) => (share === 0 ? 0 : 0.5 * Math.log((2 * share) / (share + b[i]!))));
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

/**
 * Shares as they may be: a cluster in which a few rows have not been seen is not empty, and an empty one has no variance. So
 * half a row is added to each bin, and no more than to five.
 */
function sharesOf(counts: readonly number[], rows: number, bins: number): number[] {
  const scale = rows / totalOf(counts);
  const added = Math.min(HALF, (5 * HALF) / bins);
  return counts.map((count) => (scale * count + added) / (rows + added * counts.length));
}
