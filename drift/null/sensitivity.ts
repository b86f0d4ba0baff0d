/**
 * What a window of a given size would have seen: without it, "not significant" says nothing.
 *
 * For two histograms at Jensen-Shannon distance d (base 2) the chi-square statistic of their samples of m and n rows is
 * about noncentral chi-square with bins - 1 degrees of freedom and noncentrality 8 ln 2 · d² / (1/m + 1/n): the
 * divergence is a quarter of the mean of the two chi-square divergences for small differences
 * (F. Topsøe, IEEE Trans. Inf. Theory 46, 2000). Source of the power: J. Cohen, Statistical Power Analysis (1988), 7.
 */
import { chiSquareQuantile, noncentralChiSquareCdf, noncentralityFor } from './chi-square.js';

/** What a window of this size would have seen. */
export interface Sensitivity {
  /** Chance of `p <= alpha` if the true distance of the bins were `detect`. */
  power: number;
  /** Different rows that see it with a chance of 80 %; null where no number does against so small a reference. */
  rowsNeeded: number | null;
}

/** The chance that is asked for, as is usual. */
export const ASKED_POWER = 0.8;

/**
 * @param bins that any row fell in
 * @param m,n rows of the reference and of the window that count; need not be whole
 * @param distance Jensen-Shannon, base 2, above 0
 * @param alpha level of the test
 */
export function sensitivityOf(bins: number, m: number, n: number, distance: number, alpha: number): Sensitivity {
  if (bins < 2) return { power: 0, rowsNeeded: null };
  const df = bins - 1;
  const critical = chiSquareQuantile(1 - alpha, df);
  const perWeight = 8 * Math.LN2 * distance ** 2;
  const power = 1 - noncentralChiSquareCdf(critical, df, perWeight / (1 / m + 1 / n));
  const needed = perWeight / noncentralityFor(critical, df, 1 - ASKED_POWER) - 1 / m;
  return { power, rowsNeeded: needed > 0 ? Math.ceil(1 / needed) : null };
}
