/**
 * Rows of a window that are rows of the baseline: the same image with the same cause has the same embedding but for
 * rounding. Where that is so for many, the two are no samples of their own, and the AUC is too low.
 */
import { squaredDistance } from '../linear/distance.js';
import type { Matrix64 } from '../linear/matrix.js';

/**
 * Share of the usual distance to the nearest row of the baseline within which rows count as the same, and share of the distance to
 * the nearest row of the window: where a cause makes all images nearly equal, any row lies near to any other.
 */
const SAME = 0.2;
const MOST_ROWS = 1_000;

/** Shares of rows that have a nearly equal one in the baseline: those of the window, and the baseline's own. */
export function sharedRows(baseline: Matrix64, window: Matrix64): { window: number; usual: number } {
  const own = evenly(baseline.rows, MOST_ROWS / 4).map((row) => nearestSquare(baseline, row, baseline, true));
  const limit = SAME ** 2 * own.toSorted((a, b) => a - b)[own.length >> 1]!;
  const looked = evenly(window.rows, MOST_ROWS);
  const shared = looked.filter((row) => {
    const square = nearestSquare(window, row, baseline, false);
    return square < limit && square < SAME ** 2 * nearestSquare(window, row, window, true);
  });
  return { window: shared.length / looked.length, usual: own.filter((square) => square < limit).length / own.length };
}

/** Numbers of rows that lie evenly among all. */
function evenly(rows: number, most: number): number[] {
  const count = Math.min(rows, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
}

function nearestSquare(from: Matrix64, row: number, to: Matrix64, isSame: boolean): number {
  const { columns } = to;
  let least = Number.POSITIVE_INFINITY;
  for (let other = 0; other < to.rows; other++) {
    if (isSame && other === row) continue;
    least = Math.min(least, squaredDistance(from.data, row * columns, to.data, other * columns, columns));
  }
  return least;
}

/**
 * For each of the given rows the nearest row of the other matrix. None is given twice.
 *
 * @param rows of `from`, at most as many as `to` has
 */
export function matchedRows(from: Matrix64, rows: readonly number[], to: Matrix64): number[] {
  if (rows.length > to.rows) throw new RangeError(`${rows.length} rows to be matched with ${to.rows}`);
  const taken = new Set<number>();
  return rows.map((row) => {
    const nearest = nearestRow(from, row, to, taken);
    taken.add(nearest);
    return nearest;
  });
}

function nearestRow(from: Matrix64, row: number, to: Matrix64, taken: ReadonlySet<number>): number {
  const { columns } = to;
  let [nearest, least] = [-1, Number.POSITIVE_INFINITY];
  for (let other = 0; other < to.rows; other++) {
    if (taken.has(other)) continue;
    const square = squaredDistance(from.data, row * columns, to.data, other * columns, columns);
    if (square < least) [nearest, least] = [other, square];
  }
  return nearest;
}
