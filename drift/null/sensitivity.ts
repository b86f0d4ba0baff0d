/**
 * The smallest drift that a window of a given size can detect. Without this, "not significant" says nothing.
 *
 * For two histograms at Jensen-Shannon distance d (base 2), the chi-square statistic of samples of m and n rows is
 * approximately noncentral chi-square, with bins - 1 degrees of freedom and noncentrality 8 ln 2 · d² / (1/m + 1/n).
 * For small differences, the divergence is a quarter of the mean of the two chi-square divergences (F. Topsøe, IEEE
 * Trans. Inf. Theory 46, 2000). Source of the power: J. Cohen, Statistical Power Analysis (1988), 7.
 */
import { chiSquareQuantile, noncentralChiSquareCdf, noncentralityFor } from './chi-square.js';

/** Power of a window of this size. */
export interface Sensitivity {
  /** Chance of `p <= alpha` if the true distance of the histograms is `detect`. */
  power: number;
  /** Different rows that detect it with a chance of 80 %; null if no number is enough against so small a reference. */
  rowsNeeded: number | null;
}

/** The usual power to ask for. */
export const ASKED_POWER = 0.8;

/**
 * @param bins number of bins that any row fell in
 * @param m,n effective rows of the reference and of the window; need not be whole
 * @param distance Jensen-Shannon distance, base 2, above 0
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
