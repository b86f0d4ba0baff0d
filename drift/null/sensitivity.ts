/**
 * The smallest drift that a window of a given size can detect. Without this, "not significant" says nothing.
 *
 * For two histograms at Jensen-Shannon distance d (base 2), the chi-square statistic of samples of m and n rows is
 * approximately noncentral chi-square, with bins - 1 degrees of freedom and noncentrality 8 ln 2 · d² / (1/m + 1/n).
 * For small differences, the divergence is a quarter of the mean of the two chi-square divergences (F. Topsøe, IEEE
 * Trans. Inf. Theory 46, 2000). Source of the power: J. Cohen, Statistical Power Analysis (1988), 7.
 */
import { chiSquareQuantile, noncentralChiSquareCdf } from './chi-square.js';

/** Power of a window of this size. */
export interface Sensitivity {
  /** Chance of `p <= alpha` if the true distance of the histograms is `detect`. */
  power: number;
  /** Different rows that detect it with a chance of 80 %; null if no number is enough against so small a reference. */
  rowsNeeded: number | null;
}

/** What the power of a method follows from: shares of bins that it compares. */
export interface Looked {
  /** Bins that any row fell in. */
  bins: number;
  /** Effective rows. */
  baselineRows: number;
  windowRows: number;
  /** Level of the method, which is corrected for those that vote with it. */
  level: number;
}

/** The usual power to ask for. */
export const ASKED_POWER = 0.8;

/**
 * What several methods see together: a change of the stated distance in what each compares is missed if all of them miss it. Their
 * chances are multiplied as if they were independent. Methods whose power is not known add to what is seen here.
 *
 * @param looked of each method, at least one
 * @param rows effective rows of the window
 * @param distance Jensen-Shannon distance, base 2, above 0
 */
export function sensitivityOf(looked: readonly Looked[], rows: number, distance: number): Sensitivity {
  const powers = looked.map((one) => powerAt(one, distance));
  const power = (times: number) => 1 - powers.reduce((missed, of) => missed * (1 - of(times)), 1);
  const now = power(1);
  let [few, enough] = now >= ASKED_POWER ? [LEAST_TIMES, 1] : [1, MOST_TIMES];
  if (power(enough) < ASKED_POWER) return { power: now, rowsNeeded: null };
  while (enough > (1 + PRECISION) * few) {
    const middle = Math.sqrt(few * enough);
    if (power(middle) < ASKED_POWER) few = middle;
    else enough = middle;
  }
  return { power: now, rowsNeeded: Math.ceil(rows * enough) };
}

/** Between so many times the rows of a window the number that is needed is looked for. */
const [LEAST_TIMES, MOST_TIMES] = [1e-6, 1e6];
const PRECISION = 1e-7;

/** Chance that one method sees a change of the stated distance in a window of so many times the rows. */
function powerAt({ bins, baselineRows, windowRows, level }: Looked, distance: number): (times: number) => number {
  if (bins < 2) return () => 0;
  const df = bins - 1;
  const critical = chiSquareQuantile(1 - level, df);
  const perWeight = 8 * Math.LN2 * distance ** 2;
  return (times) => 1 - noncentralChiSquareCdf(critical, df, perWeight / (1 / baselineRows + 1 / (times * windowRows)));
}
