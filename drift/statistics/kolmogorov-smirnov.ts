/** Kolmogorov-Smirnov distance of two histograms with the same edges, and its p-value. */
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
