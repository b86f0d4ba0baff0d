/** Which rows are copies of others, near or exact. */
import type { Matrix } from '../linear/matrix.js';
import { numberKey } from '../rows/row-key.js';
import { SmallestKeys } from '../rows/smallest-keys.js';

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

// A uniform draw of rows with the keys of their embeddings: how often rows repeat, whatever repeats. A draw of the different
// embeddings cannot tell that, since one that is a third of all rows is in it as seldom as any other.
//
// Rows are drawn by a hash of their number, so shards merge exactly.

/** Enough for a share that is 1.5 points off at most; 22 kB of a profile. */
export const DRAWN_ROWS = 1_024;
/** Other blocks of rows are kept by another one. */
const SEED = 1;

export interface DrawnRows {
  /** Hashes of the numbers of the rows, ascending. */
  ranks: Float64Array;
  /** `rowKey` of each. */
  keys: Float64Array;
}

export class RowDrawer {
  readonly #rows = new SmallestKeys<number>(DRAWN_ROWS, (key) => key);

  add(rowNumber: number, key: number): void {
    this.#rows.add(numberKey(rowNumber, SEED), 1, () => key);
  }

  addAll({ ranks, keys }: DrawnRows): void {
    for (const [i, rank] of ranks.entries()) this.#rows.add(rank, 1, () => keys[i]!);
  }

  drawn(): DrawnRows {
    const kept = this.#rows.kept();
    return {
      ranks: Float64Array.from(kept, ({ key }) => key),
      keys: Float64Array.from(kept, ({ value }) => value),
    };
  }
}

/** Those of both parts together. */
export function mergeDrawnRows(a: DrawnRows, b: DrawnRows): DrawnRows {
  const drawer = new RowDrawer();
  drawer.addAll(a);
  drawer.addAll(b);
  return drawer.drawn();
}
