/** Distances of two histograms: Kolmogorov and Smirnov's, the population stability index, and chi-square. */

import { DriftError } from '../drift-error.js';
import { totalOf } from './counts.js';

/**
 * The largest difference of their cumulative shares, from 0 to 1. Only the edges are compared, so the distance is never
 * larger than that of the rows themselves.
 */
export function kolmogorovSmirnovDistance(a: readonly number[], b: readonly number[]): number {
  return Math.abs(signedKolmogorovSmirnovDistance(a, b));
}

/** The same distance with a sign: positive where the values of b lie higher. */
export function signedKolmogorovSmirnovDistance(a: readonly number[], b: readonly number[]): number {
  const m = totalOf(a);
  const n = totalOf(b);
  let [belowA, belowB, largest] = [0, 0, 0];
  for (const [i, count] of a.entries()) {
    belowA += count;
    belowB += b[i]!;
    const difference = belowA * n - belowB * m;
    if (Math.abs(difference) > Math.abs(largest)) largest = difference;
  }
  return largest / (m * n);
}

/**
 * Two-sided p-value from Kolmogorov's limiting distribution, `2 Σ (−1)^(j−1) exp(−2 j² λ²)`, with Stephens' correction
 * for finite numbers: λ = (√N + 0.12 + 0.11 / √N) · D, N = m n / (m + n) (M. A. Stephens, J. R. Stat. Soc. B 32, 1970).
 * Binned values never have a larger distance than the values themselves, so the p-value errs on the safe side.
 *
 * @param m,n rows of the two; need not be whole
 */
export function kolmogorovP(distance: number, m: number, n: number): number {
  const root = Math.sqrt((m * n) / (m + n));
  return kolmogorovTail((root + 0.12 + 0.11 / root) * Math.abs(distance));
}

/** P(K > λ) for Kolmogorov's distribution. */
export function kolmogorovTail(lambda: number): number {
  // Below 0.2 the probability is 1 to the last digit, and the series converges slowly.
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let j = 1; j <= 100; j++) {
    const term = Math.exp(-2 * j * j * lambda * lambda);
    sum += j % 2 === 1 ? term : -term;
    if (term < 1e-17 * sum) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}

/**
 * Population stability index (PSI) of two histograms: Σ (p - q) ln(p / q). One row is added to every bin of both sides,
 * as Fiddler does, so that empty bins do not make it infinite.
 *
 * The logarithm is natural. The index is symmetric, 0 for equal shares, and has no upper bound. It is not scaled by
 * rows: few rows in many bins give large values without drift, so a fixed threshold (0.1, 0.25) misleads. Sources: S.
 * Kullback, Information Theory and Statistics (1959), the divergence J; B. Yurdakul and J. Naranjo, "Statistical
 * properties of the population stability index", Journal of Risk Model Validation 14 (2020).
 *
 * @throws DriftError `HISTOGRAM_LENGTHS_DIFFER`
 */
export function populationStabilityIndex(baseline: readonly number[], window: readonly number[]): number {
  if (baseline.length !== window.length) {
    throw new DriftError('HISTOGRAM_LENGTHS_DIFFER', `PSI: ${baseline.length} bins against ${window.length}`);
  }
  const p = smoothedShares(baseline);
  const q = smoothedShares(window);
  return p.reduce((sum, share, i) => sum + (share - q[i]!) * Math.log(share / q[i]!), 0);
}

/** Shares of the counts after one row is added to every bin. */
export function smoothedShares(counts: readonly number[]): number[] {
  const total = totalOf(counts) + counts.length;
  return counts.map((count) => (count + 1) / total);
}

/**
 * Pearson's chi-square statistic: tests whether two histograms have the same shares. There is no correction for
 * continuity (`scipy.stats.chi2_contingency(…, correction=False)`). Bins that are empty on both sides add nothing.
 */
export function chiSquareStatistic(baseline: readonly number[], window: readonly number[]): number {
  const m = totalOf(baseline);
  const n = totalOf(window);
  let statistic = 0;
  for (const [i, count] of baseline.entries()) {
    const both = count + window[i]!;
    if (both > 0) statistic += (count * n - window[i]! * m) ** 2 / both;
  }
  return statistic / (m * n);
}
