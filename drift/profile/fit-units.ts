/** What stays together among the rows that a profile is fitted on: the same as `RowGrouper` tells when all rows are counted. */
import { chainKeys, GroupedRowsCounter, unitOf } from '../groups/grouping.js';
import { independentEvery, rowOrder } from '../groups/row-order.js';
import type { Matrix } from '../linear/matrix.js';
import { rowKey } from '../rows/row-key.js';
import type { FitRow } from './reference-fit.js';

/** So many blocks are left of any baseline, for ten folds and two halves. */
const LEAST_BLOCKS = 40;

export interface UnitOptions {
  seed: number;
  /** Largest squared distance of near-duplicates. */
  near: number;
  clusters: number;
  /** True if these are all rows, in their order, and no groups are given. */
  inOrder: boolean;
}

/**
 * @param labels `[rows]`: the cluster of each row
 * @returns units: the key of what stays together with each row; block: as in `Grouping`
 */
export function fitUnits(
  rows: Matrix,
  beside: readonly FitRow[],
  labels: ArrayLike<number>,
  { seed, near, clusters, inOrder }: UnitOptions,
): { units: Float64Array; block: number } {
  const own = Float64Array.from({ length: rows.rows }, (_, row) => rowKey(rows, row, seed));
  if (!inOrder) return { units: own.map((key, row) => beside[row]?.group ?? key), block: 1 };
  const chains = chainKeys(rows, near, own);
  const counter = new GroupedRowsCounter(clusters);
  for (let row = 0; row < rows.rows; row++) {
    counter.add(
      { target: beside[row]!.target, isGiven: false },
      { rowNumber: row, cluster: labels[row]!, group: chains[row]! },
    );
  }
  const every = independentEvery(rowOrder(counter.counts().runs));
  const block = Math.max(1, Math.min(every, Math.floor(rows.rows / LEAST_BLOCKS)));
  return { units: chains.map((chain, row) => unitOf(chain, row, block, seed)), block };
}
