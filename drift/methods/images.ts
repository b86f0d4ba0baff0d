/**
 * The statistics of the images, such as brightness and sharpness: by how many standard errors the one that moved most lies
 * beside the baseline's. Each is compared by ranks, with the held-out half of the baseline. The null is the largest of as many
 * normal numbers that are correlated as the statistics are, so that twenty statistics of one blur count as few tests.
 */
import { luckFactor } from '../null/baseline-luck.js';
import { chiSquareCdf } from '../null/chi-square.js';
import { largestOfNormals } from '../null/largest-of-normals.js';
import type { Looked } from '../null/sensitivity.js';
import type { Profile } from '../profile/profile.js';
import { totalOf } from '../statistics/counts.js';
import { correlationsOf } from '../statistics/rank-correlations.js';
import { cutOf, drawNull } from '../tests/permutation-test.js';
import { rankShift } from '../tests/rank-shift.js';
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
 * A shift of normal numbers, seen by ranks: two bins, of rows that are worth 3 / π of what they are to a test that knows the
 * distribution (J. L. Hodges and E. L. Lehmann, Ann. Math. Statist. 27, 1956).
 *
 * @param cut standard errors that one statistic of many must reach
 */
function lookedAt({ baselineRows, windowRows }: EffectiveSides, cut: number): Looked {
  const [efficiency, level] = [3 / Math.PI, 1 - chiSquareCdf(cut * cut, 1)];
  return { bins: 2, baselineRows: baselineRows * efficiency, windowRows: windowRows * efficiency, level };
}

/** Those that both sides know. */
export function comparedColumns(profile: Profile, window: WindowSummary): { name: string; sides: EffectiveSides }[] {
  const { reference } = profile;
  if (!reference) return [];
  return Object.entries(reference.statistics).flatMap(([name, { counts }]) => {
    const seen = window.reference?.statistics[name]?.counts;
    if (!seen || totalOf(counts) === 0 || totalOf(seen) === 0) return [];
    return [{ name, sides: statisticSides(profile, name, window, seen) }];
  });
}
