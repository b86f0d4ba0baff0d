/**
 * By how many standard errors the column that moved most lies beside the baseline's. The null is the largest of as many
 * normal numbers, correlated as the columns are, so that twenty columns of one change count as few tests.
 */
import { largestOfNormals, luckFactor } from '../null/baseline-luck.js';
import { chiSquareCdf } from '../null/chi-square.js';
import type { Looked } from '../null/interval.js';
import type { Profile } from '../profile/profile.js';
import { correlationsOf } from '../statistics/ranks.js';
import { type ColumnKind, type MovedColumn, movedColumns } from '../tests/column-shifts.js';
import { cutOf, drawNull } from '../tests/permutation-test.js';
import type { EffectiveSides } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { testRandom } from './count-methods.js';
import type { MethodContext, MethodResult } from './method.js';

/** Null where either side has none of the columns. */
export function mostMoved(
  profile: Profile,
  window: WindowSummary,
  kind: ColumnKind,
  context: MethodContext,
): { most: MovedColumn; columns: number; result: MethodResult } | null {
  const moved = movedColumns(profile, window, kind);
  if (moved.length === 0) return null;
  const most = moved.reduce((a, b) => (Math.abs(b.shift) > Math.abs(a.shift) ? b : a));
  const value = Math.abs(most.shift);
  const { correlations, fitRows } = profile.reference!;
  const names = moved.map(({ name }) => name);
  const largest = largestOfNormals(correlationsOf(correlations, names, fitRows), names.length, testRandom(context));
  // Nearly all columns have as many rows.
  const ratios = new Set(moved.map(({ sides }) => sides.windowRows / sides.baselineRows));
  const widened = Math.max(...Array.from(ratios, (ratio) => luckFactor(1, ratio)));
  const { p, sorted } = drawNull(value, () => widened * largest(), context);
  const cut = cutOf(sorted, context.alpha, value);
  const result = { value, low: null, high: null, band: [0, cut] as [number, number], p, looked: null };
  return { most, columns: names.length, result };
}

/**
 * A shift of normal numbers, seen by ranks: two bins, of rows that are worth 3 / π of what they are to a test that
 * knows the distribution (J. L. Hodges and E. L. Lehmann, Ann. Math. Statist. 27, 1956).
 * @param cut standard errors that one statistic of many must reach
 */
export function lookedAt({ baselineRows, windowRows }: EffectiveSides, cut: number): Looked {
  const [efficiency, level] = [3 / Math.PI, 1 - chiSquareCdf(cut * cut, 1)];
  return { bins: 2, baselineRows: baselineRows * efficiency, windowRows: windowRows * efficiency, level };
}
