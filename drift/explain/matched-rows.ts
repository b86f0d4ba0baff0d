/** Rows of a window that look like rows of the baseline to the network. */
import { squaredDistance } from '../linear/distance.js';
import type { Matrix64 } from '../linear/matrix.js';

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
