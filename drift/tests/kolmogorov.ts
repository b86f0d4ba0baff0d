/**
 * How likely a Kolmogorov-Smirnov distance as large is by chance. Of binned values the distance is never larger than of
 * the values themselves, so the p-value errs to the safe side.
 */

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
