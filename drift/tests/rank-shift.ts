/**
 * How far the values of a window lie above or below those of the baseline, by ranks: the test of F. Wilcoxon (1945) and of
 * H. B. Mann and D. R. Whitney (Ann. Math. Stat. 18, 1947), on histograms. Values of one bin are ties.
 */
import { chiSquareQuantile } from '../null/chi-square.js';
import { totalOf } from '../statistics/counts.js';
import { fisherExactP } from './fisher-exact.js';

/** Fewer rows outside of the fullest bin are too few for a normal distribution. */
const LEAST_OUTSIDE = 10;
/** 1 − p has no more digits; a larger shift is as sure. */
const LEAST_P = 1e-15;

export interface RankSides {
  baseline: readonly number[];
  window: readonly number[];
  /** Independent rows that either side is worth. */
  baselineRows: number;
  windowRows: number;
}

/**
 * The shift in standard errors, about standard normal without drift; positive where the window's values lie higher. Where
 * nearly all values are equal, counts of the others are compared exactly, and the result has the same p-value.
 */
export function rankShift(sides: RankSides): number {
  const { baseline, window, baselineRows: m, windowRows: n } = sides;
  const [ofBaseline, ofWindow] = [m / totalOf(baseline), n / totalOf(window)];
  const pooled = baseline.map((count, i) => ofBaseline * count + ofWindow * window[i]!);
  const mode = pooled.indexOf(Math.max(...pooled));
  const outside = (1 - pooled[mode]! / (m + n)) * Math.min(m, n);
  const shift = normalShift(sides, pooled);
  return outside < LEAST_OUTSIDE ? Math.sign(shift) * exactSize(sides, mode) : shift;
}

/** P(window above baseline) − P(below), by its standard deviation without drift. */
function normalShift({ baseline, window, baselineRows: m, windowRows: n }: RankSides, pooled: readonly number[]) {
  const [all, allOfWindow, rows] = [totalOf(baseline), totalOf(window), m + n];
  let [below, difference, ties] = [0, 0, 0];
  for (const [i, count] of baseline.entries()) {
    difference += (window[i]! / allOfWindow) * ((2 * below + count) / all - 1);
    below += count;
    ties += pooled[i]! ** 3;
  }
  const variance = (rows + 1 - (ties - rows) / (rows * (rows - 1))) / (3 * m * n);
  return variance > 0 ? difference / Math.sqrt(variance) : 0;
}

/** How many standard errors have the p-value of the counts outside of the fullest bin. */
function exactSize({ baseline, window, baselineRows, windowRows }: RankSides, mode: number): number {
  const outside = (counts: readonly number[], rows: number) => {
    const whole = Math.max(1, Math.round(rows));
    return [Math.round((1 - counts[mode]! / totalOf(counts)) * whole), whole] as const;
  };
  const p = Math.max(LEAST_P, fisherExactP(...outside(window, windowRows), ...outside(baseline, baselineRows)));
  return p >= 1 ? 0 : Math.sqrt(chiSquareQuantile(1 - p, 1));
}
