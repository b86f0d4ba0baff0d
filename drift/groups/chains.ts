/**
 * Chains of near-duplicates: frames of one clip, bursts, copies.
 *
 * A row belongs to the chain of a row that is at most 16 places before it and nearer than a tenth of the median distance of
 * two rows of the baseline. So a chain may drift slowly, and frames of up to 16 cameras may alternate. Where classes are so
 * tight that rows far apart are often as near, the limit is lower: at most one pair in 5,000 is near by chance.
 */
import type { Matrix } from '../linear/matrix.js';
import { valueAt } from '../statistics/ranks.js';

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

/** Squared distance of two rows; something above `limit` if it is larger. */
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

/** Gives each row of a stream the key of its chain. */
export class ChainFinder {
  readonly #near: number;
  /** The last rows, in a ring. */
  readonly #last: Matrix;
  readonly #keys = new Float64Array(CHAIN_ROWS);
  #seen = 0;

  /** @param near result of `nearSquare` */
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
