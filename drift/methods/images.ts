/**
 * The statistics of the images: by how many standard errors the one that moved most lies beside the baseline's. Each is
 * compared by ranks with the held-out half of the baseline. The null is the largest of as many normal numbers,
 * correlated as the statistics are, so that twenty statistics of one blur count as few tests.
 */
import { pow } from '../../base/math/index.js';
import { largestOfNormals, luckFactor } from '../null/baseline-luck.js';
import { chiSquareCdf, chiSquareQuantile } from '../null/chi-square.js';
import type { Looked } from '../null/interval.js';
import type { Profile } from '../profile/profile.js';
import { totalOf } from '../statistics/counts.js';
import { correlationsOf } from '../statistics/ranks.js';
import { fisherExactP } from '../tests/p-values.js';
import { cutOf, drawNull } from '../tests/permutation-test.js';
import { type EffectiveSides, statisticSides } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { testRandom } from './count-methods.js';
import type { Method } from './method.js';

interface Shift {
  name: string;
  /** In standard errors, with a sign. */
  shift: number;
}

export const images: Method = {
  name: 'images',
  title: 'image statistics',
  explanation:
    'How many standard errors the image statistic that moved most, such as brightness, lies beside that of the baseline.',
  unit: 'standard errors of the image statistic that moved most, from 0, about 3 without drift',
  greatest: () => Number.POSITIVE_INFINITY,
  alarms: 'above',
  takes: 'image statistics, which embed makes',
  needsSample: false,
  compare(profile, window, context) {
    const columns = comparedColumns(profile, window);
    if (columns.length === 0) return null;
    const shifts = columns.map(({ name, sides }): Shift => ({ name, shift: rankShift(sides) }));
    const most = shifts.reduce((a, b) => (Math.abs(b.shift) > Math.abs(a.shift) ? b : a));
    const value = Math.abs(most.shift);
    const { correlations, fitRows } = profile.reference!;
    const names = columns.map(({ name }) => name);
    const largest = largestOfNormals(correlationsOf(correlations, names, fitRows), names.length, testRandom(context));
    // Nearly all columns have as many rows.
    const ratios = new Set(columns.map(({ sides }) => sides.windowRows / sides.baselineRows));
    const widened = Math.max(...Array.from(ratios, (ratio) => luckFactor(1, ratio)));
    const { p, sorted } = drawNull(value, () => widened * largest(), context);
    const cut = cutOf(sorted, context.alpha, value);
    return {
      value,
      low: null,
      high: null,
      band: [0, cut],
      p,
      looked: lookedAt(columns.find(({ name }) => name === most.name)!.sides, cut),
      details: { statistic: most.name, direction: most.shift < 0 ? 'lower' : 'higher', statistics: names.length },
    };
  },
};

/**
 * A shift of normal numbers, seen by ranks: two bins, of rows that are worth 3 / π of what they are to a test that
 * knows the distribution (J. L. Hodges and E. L. Lehmann, Ann. Math. Statist. 27, 1956).
 * @param cut standard errors that one statistic of many must reach
 */
function lookedAt({ baselineRows, windowRows }: EffectiveSides, cut: number): Looked {
  const [efficiency, level] = [3 / Math.PI, 1 - chiSquareCdf(cut * cut, 1)];
  return { bins: 2, baselineRows: baselineRows * efficiency, windowRows: windowRows * efficiency, level };
}

export function comparedColumns(profile: Profile, window: WindowSummary): { name: string; sides: EffectiveSides }[] {
  const { reference } = profile;
  if (!reference) return [];
  return Object.entries(reference.statistics).flatMap(([name, { counts }]) => {
    const seen = window.reference?.statistics[name]?.counts;
    if (!seen || totalOf(counts) === 0 || totalOf(seen) === 0) return [];
    return [{ name, sides: statisticSides(profile, name, window, seen) }];
  });
}

// How far a window's values lie above the baseline's by ranks: the test of F. Wilcoxon (1945) and of H. B. Mann and D.
// R. Whitney (Ann. Math. Stat. 18, 1947), on histograms. Values of one bin are ties.

/** Fewer rows outside of the fullest bin are too few for a normal distribution. */
const LEAST_OUTSIDE = 10;
/** 1 − p has no more digits; a larger shift is as sure. */
const LEAST_P = 1e-15;

/**
 * The shift in standard errors, about standard normal without drift; positive where the window's values are higher.
 * Where nearly all values are equal, the others are counted exactly, and the result has the same p-value.
 */
export function rankShift(sides: EffectiveSides): number {
  const { baseline, window, baselineRows: m, windowRows: n } = sides;
  const [ofBaseline, ofWindow] = [m / totalOf(baseline), n / totalOf(window)];
  const pooled = baseline.map((count, i) => ofBaseline * count + ofWindow * window[i]!);
  const mode = pooled.indexOf(Math.max(...pooled));
  const outside = (1 - pooled[mode]! / (m + n)) * Math.min(m, n);
  const shift = normalShift(sides, pooled);
  return outside < LEAST_OUTSIDE ? Math.sign(shift) * exactSize(sides, mode) : shift;
}

/** P(window above baseline) − P(below), by its standard deviation without drift. */
function normalShift({ baseline, window, baselineRows: m, windowRows: n }: EffectiveSides, pooled: readonly number[]) {
  const [all, allOfWindow, rows] = [totalOf(baseline), totalOf(window), m + n];
  let [below, difference, ties] = [0, 0, 0];
  for (const [i, count] of baseline.entries()) {
    difference += (window[i]! / allOfWindow) * ((2 * below + count) / all - 1);
    below += count;
    ties += pow(pooled[i]!, 3);
  }
  const variance = (rows + 1 - (ties - rows) / (rows * (rows - 1))) / (3 * m * n);
  return variance > 0 ? difference / Math.sqrt(variance) : 0;
}

/** How many standard errors have the p-value of the counts outside of the fullest bin. */
function exactSize({ baseline, window, baselineRows, windowRows }: EffectiveSides, mode: number): number {
  const outside = (counts: readonly number[], rows: number) => {
    const whole = Math.max(1, Math.round(rows));
    return [Math.round((1 - counts[mode]! / totalOf(counts)) * whole), whole] as const;
  };
  const p = Math.max(LEAST_P, fisherExactP(...outside(window, windowRows), ...outside(baseline, baselineRows)));
  return p >= 1 ? 0 : Math.sqrt(chiSquareQuantile(1 - p, 1));
}
