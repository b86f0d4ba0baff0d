/** Kolmogorov-Smirnov distance of two histograms with the same edges. */
import { totalOf } from './counts.js';

/**
 * The largest difference of their cumulative shares, from 0 to 1. At the edges only, so it is no larger than that of the
 * rows themselves.
 */
export function kolmogorovSmirnovDistance(a: readonly number[], b: readonly number[]): number {
  return Math.abs(signedKolmogorovSmirnovDistance(a, b));
}

/** The same with the sign of that difference: positive where the values of b lie higher. */
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
 * Half the width of a 95 % confidence interval, whatever the distributions: the difference of two empirical distribution
 * functions is nowhere farther from the true one, by the Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant
 * (Ann. Probab. 18, 1990) and its form for two samples (F. Wei and R. Dudley, Statistics & Probability Letters 82, 2012).
 */
export function kolmogorovSmirnovMargin(m: number, n: number): number {
  return Math.sqrt((Math.log(2 / 0.05) / 2) * (1 / m + 1 / n));
}
