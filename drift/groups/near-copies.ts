/**
 * Near copies wherever they are in a file: a frozen camera with a little noise, frames of clips in shuffled order. Rows are linked
 * where their distance is at most a limit, and all that are linked with each other are copies of one.
 */
import type { Matrix } from '../linear/matrix.js';

/**
 * Sorted by their first coordinate, which varies most, so that few pairs are looked at.
 *
 * @param rows `[rows, columns]`, principal components
 * @param near largest squared distance
 * @returns `[rows]`: for each row the first row that it is a copy of; itself if there is none
 */
export function firstCopies({ rows, columns, data }: Matrix, near: number): Int32Array {
  const first = Int32Array.from({ length: rows }, (_, row) => row);
  const rootOf = (row: number) => {
    let root = row;
    while (first[root] !== root) root = first[root]!;
    first[row] = root;
    return root;
  };
  const sorted = Array.from(first).sort((a, b) => data[a * columns]! - data[b * columns]!);
  const reach = Math.sqrt(near);
  for (const [i, a] of sorted.entries()) {
    for (let k = i + 1; k < rows; k++) {
      const b = sorted[k]!;
      if (data[b * columns]! - data[a * columns]! > reach) break;
      if (!isWithin(near, data, a * columns, b * columns, columns)) continue;
      const [one, other] = [rootOf(a), rootOf(b)];
      first[Math.max(one, other)] = Math.min(one, other);
    }
  }
  return first.map((_, row) => rootOf(row));
}

function isWithin(near: number, data: Matrix['data'], a: number, b: number, columns: number): boolean {
  let sum = 0;
  for (let c = 0; c < columns; c++) {
    sum += (data[a + c]! - data[b + c]!) ** 2;
    if (sum > near) return false;
  }
  return true;
}

/** How many rows are copies of each. @param first result of `firstCopies` @returns sizes, 1 for a row without a copy */
export function copiesOfEach(first: Int32Array): number[] {
  const sizes = new Map<number, number>();
  for (const row of first) sizes.set(row, (sizes.get(row) ?? 0) + 1);
  return [...sizes.values()];
}
