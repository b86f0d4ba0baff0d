/**
 * Pools reference and window rows in one table for a permutation test. Rows of a stratum lie together, and each stratum
 * has about the same mix of both kinds as the whole.
 */
import type { Random } from '../../base/index.js';
import type { Matrix } from '../linear/matrix.js';
import type { Stratum } from './permutation-test.js';

export const REFERENCE = 0;
export const WINDOW = 1;

export interface PooledRows {
  rows: number;
  columns: number;
  /** `[rows, columns]`. */
  data: Float64Array;
  /** `[rows]`: `REFERENCE` or `WINDOW`. */
  labels: Uint8Array;
  strata: Stratum[];
}

/**
 * @param reference `[rows, columns]`
 * @param window `[rows, columns]`, with as many columns
 * @param strata number of strata; if there is more than one, rows are dealt at random
 */
export function poolRows(reference: Matrix, window: Matrix, strata: number, random: Random): PooledRows {
  const rows = reference.rows + window.rows;
  const { columns } = reference;
  const pooled: PooledRows = {
    rows,
    columns,
    data: new Float64Array(rows * columns),
    labels: new Uint8Array(rows),
    strata: [],
  };
  const decks = [reference, window].map(({ rows: count }) => shuffled(count, strata, random));
  let place = 0;
  for (let stratum = 0; stratum < strata; stratum++) {
    const start = place;
    for (const [label, source] of [reference, window].entries()) {
      for (let at = stratum; at < source.rows; at += strata) {
        const from = decks[label]![at]! * columns;
        pooled.data.set(source.data.subarray(from, from + columns), place * columns);
        pooled.labels[place++] = label;
      }
    }
    pooled.strata.push({ start, end: place });
  }
  return pooled;
}

function shuffled(count: number, strata: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  return strata === 1 ? order : random.shuffle(order);
}
