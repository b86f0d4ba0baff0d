/** Which rows are copies of others, near or exact. */
import type { Matrix } from '../linear/matrix.js';
import { numberKey, SmallestKeys } from '../rows/keys.js';
import { valueAt } from '../statistics/ranks.js';

/**
 * Sorted by their first coordinate, which varies most, so that few pairs are looked at.
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

// A uniform draw of rows, by a hash of their number, with the keys of their embeddings: how often rows repeat. A draw
// of different embeddings cannot tell, as one that is a third of all rows is in it as seldom as any other.

/** Enough for a share that is 1.5 points off at most; 22 kB of a profile. */
export const DRAWN_ROWS = 1_024;
/** Other blocks of rows are kept by another one. */
const SEED = 1;

export interface DrawnRows {
  /** Hashes of the numbers of the rows, ascending. */
  ranks: Float64Array;
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

// Chains of near-duplicates: frames of one clip, bursts, copies.
//
// A row belongs to the chain of a row that is at most 16 places before it and nearer than a tenth of the median distance of
// two rows of the baseline. So a chain may drift slowly, and frames of up to 16 cameras may alternate. Where classes are so
// tight that rows far apart are often as near, the limit is lower: at most one pair in 5,000 is near by chance.

/** How many rows back a near-duplicate is looked for. */
export const CHAIN_ROWS = 16;
/** Largest distance of near-duplicates, as a share of the median distance of two rows. */
const NEAR = 0.1;
/** Share of pairs, far apart in the file, that may be near by chance. */
const BY_CHANCE = 2e-4;
/** Rows whose distances give the limit. */
const COMPARED_ROWS = 400;
/** Values that are summed between two looks at the limit. */
const STRIDE = 8;

/** The largest squared distance of two near-duplicates; 0, for copies alone, if most rows are equal. */
export function nearSquare(rows: Matrix): number {
  const count = Math.min(rows.rows, COMPARED_ROWS);
  const at = (i: number) => Math.floor((i * rows.rows) / count);
  const squares: number[] = [];
  for (let i = 1; i < count; i++) {
    for (let j = 0; j < i && at(j) < at(i) - 2 * CHAIN_ROWS; j++) {
      squares.push(squareUpTo(Number.POSITIVE_INFINITY, rows, at(i), rows, at(j)));
    }
  }
  if (squares.length === 0) return 0;
  const compared = Float64Array.from(squares);
  const quantile = (share: number) => valueAt(compared, Math.floor((compared.length - 1) * share));
  return Math.min(NEAR ** 2 * quantile(0.5), quantile(BY_CHANCE));
}

function squareUpTo(limit: number, a: Matrix, rowA: number, b: Matrix, rowB: number): number {
  const { columns } = a;
  const [startA, startB] = [rowA * columns, rowB * columns];
  let sum = 0;
  for (let from = 0; from < columns; from += STRIDE) {
    const end = Math.min(columns, from + STRIDE);
    for (let c = from; c < end; c++) {
      const difference = a.data[startA + c]! - b.data[startB + c]!;
      sum += difference * difference;
    }
    if (sum > limit) return sum;
  }
  return sum;
}

export class ChainFinder {
  readonly #near: number;
  readonly #last: Matrix;
  readonly #keys = new Float64Array(CHAIN_ROWS);
  #seen = 0;

  constructor(near: number, columns: number) {
    this.#near = near;
    this.#last = { rows: CHAIN_ROWS, columns, data: new Float64Array(CHAIN_ROWS * columns) };
  }

  /**
   * @param key `rowKey` of the row, which is the key of the chain that it begins. Chains that begin with the same image
   *   are one.
   */
  keyOf(matrix: Matrix, row: number, key: number): number {
    const place = this.#seen % CHAIN_ROWS;
    const chain = this.#chainOf(matrix, row) ?? key;
    const { columns, data } = this.#last;
    (data as Float64Array).set(matrix.data.subarray(row * columns, (row + 1) * columns), place * columns);
    this.#keys[place] = chain;
    this.#seen++;
    return chain;
  }

  #chainOf(matrix: Matrix, row: number): number | null {
    const back = Math.min(CHAIN_ROWS, this.#seen);
    for (let i = 1; i <= back; i++) {
      const place = (this.#seen - i) % CHAIN_ROWS;
      if (squareUpTo(this.#near, matrix, row, this.#last, place) <= this.#near) return this.#keys[place]!;
    }
    return null;
  }
}
