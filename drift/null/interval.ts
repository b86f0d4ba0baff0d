/**
 * 95 % confidence interval of a distance between histograms, from one value of it.
 *
 * A divergence D of two samples is approximately c · X, where X is noncentral chi-square with bins - 1 degrees of
 * freedom. For small distances this follows from its quadratic expansion, with c known; the value is then mostly noise,
 * and larger than the truth. Large distances are approximately normal, with the variance of the delta method. To cover
 * both, c is chosen so that the variance of c · X far from 0, which is 4 c D, equals that of the delta method. For
 * small D the two agree. The interval is found by inversion: it holds the noncentralities that could have given the
 * value.
 */
import { noncentralityFor } from './chi-square.js';

const TAIL = 0.025;

/** A smaller divergence is a rounding error of its sum. */
const LEAST_VALUE = 1e-14;
/** So is a smaller variance, as a share of the squared value: one row in 10^12 makes more. */
const LEAST_VARIANCE = 1e-24;

export interface Divergence {
  /** Divergence of the two samples, 0 or more. */
  value: number;
  /** Variance by the delta method, from the sampled rows of both sides. */
  variance: number;
  /** Limit, for small distances, of the divergence divided by its chi-square statistic. */
  scale: number;
  /** Number of bins that any row fell in. */
  bins: number;
}

/** Lower and upper bound of the true divergence. */
export function divergenceInterval({ value, variance, scale, bins }: Divergence): [number, number] {
  if (bins < 2) return [value, value];
  const known = value > LEAST_VALUE && variance > LEAST_VARIANCE * value ** 2;
  // Where rounding decides, histograms are alike, for which the scale is right, or they share nothing: then every
  // sample of these shares has the same value, and the scale keeps the interval from being a point.
  const c = known ? variance / (4 * value) : scale;
  const x = value / c;
  // The sampled value is on average too large by df times the scale of small distances.
  const df = ((bins - 1) * scale) / c;
  // A value below the noise level is luck. The upper bound is then that of the noise, not an impossible 0.
  return [c * noncentralityFor(x, df, 1 - TAIL), c * noncentralityFor(Math.max(x, df), df, TAIL)];
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
