/**
 * Kolmogorov-Smirnov distance of two histograms on the same edges, and how likely one as large is by chance.
 *
 * The distance is the largest difference of the two cumulative shares: 0 (same) to 1 (no overlap), whatever the unit and
 * however skewed the values. Seen at edges only it is never larger than that of the values themselves, so the p-value
 * errs to the safe side.
 */

/**
 * `max |F_b − F_a|` with its sign: positive where b lies higher.
 * @param a,b counts of the same bins, neither of them empty
 */
export function signedKolmogorovDistance(a: readonly number[], b: readonly number[]): number {
  const [rowsA, rowsB] = [total(a), total(b)];
  let [belowA, belowB, largest] = [0, 0, 0];
  for (let bin = 0; bin < a.length; bin++) {
    belowA += a[bin]!;
    belowB += b[bin]!;
    const difference = belowA / rowsA - belowB / rowsB;
    if (Math.abs(difference) > Math.abs(largest)) largest = difference;
  }
  return largest;
}

/**
 * Two-sided p-value: Kolmogorov's limiting distribution, `2 Σ (−1)^(j−1) exp(−2 j² λ²)`, with Stephens' correction for
 * finite numbers, λ = (√N + 0.12 + 0.11 / √N) · D, N = m n / (m + n) (M. A. Stephens, J. R. Stat. Soc. B 32, 1970).
 * @param m,n rows of the two; need not be whole
 */
export function kolmogorovP(distance: number, m: number, n: number): number {
  const root = Math.sqrt((m * n) / (m + n));
  return kolmogorovTail((root + 0.12 + 0.11 / root) * Math.abs(distance));
}

/** P(K > λ). */
export function kolmogorovTail(lambda: number): number {
  // Below this it is 1 to the last digit, and the series converges slowly.
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let j = 1; j <= 100; j++) {
    const term = Math.exp(-2 * j * j * lambda * lambda);
    sum += j % 2 === 1 ? term : -term;
    if (term < 1e-17 * sum) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
