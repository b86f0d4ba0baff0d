/**
 * 95 % confidence interval of a distance between histograms, from one value of it.
 *
 * A divergence D of two samples is about c · X, X noncentral chi-square with bins - 1 degrees of freedom: for small
 * distances by its quadratic expansion, with c known (then the value is mostly noise, and larger than the truth); for
 * large ones it is about normal, with the variance of the delta method. Both at once: c is taken such that the variance
 * of c · X far from 0, 4 c D, is that of the delta method. For small D the two agree. The interval has the noncentralities
 * that could have given the value, by inversion.
 */
import { noncentralityFor } from './chi-square.js';

const TAIL = 0.025;

export interface Divergence {
  /** Of the two samples, 0 or more. */
  value: number;
  /** By the delta method, of the sampled rows of both sides. */
  variance: number;
  /** Limit of the divergence over its chi-square statistic as distances become small. */
  scale: number;
  /** That any row fell in. */
  bins: number;
}

/** Bounds of the true divergence. */
export function divergenceInterval({ value, variance, scale, bins }: Divergence): [number, number] {
  if (bins < 2) return [value, value];
  const c = value > 0 && variance > 0 ? variance / (4 * value) : scale;
  const x = value / c;
  // The sampled value is too large on average by df times the scale of small distances.
  const df = ((bins - 1) * scale) / c;
  // A value smaller than noise alone would give is luck: the upper bound is that of the noise, not an impossible 0.
  return [c * noncentralityFor(x, df, 1 - TAIL), c * noncentralityFor(Math.max(x, df), df, TAIL)];
}

/** Variance of a mean over rows of which `shares[i]` have the value `values[i]`. */
export function varianceOfMean(shares: readonly number[], values: readonly number[], rows: number): number {
  let mean = 0;
  let square = 0;
  for (const [i, share] of shares.entries()) {
    if (share === 0) continue;
    mean += share * values[i]!;
    square += share * values[i]! ** 2;
  }
  return Math.max(0, square - mean * mean) / rows;
}
