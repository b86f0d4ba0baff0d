/** How many independent rows a baseline or a window is worth, and why. */

import { pow } from '../../base/math/index.js';
import type { RowSample } from '../rows/row-sample.js';
import { CHAIN_ROWS } from './copies.js';
import { designEffect, groupDesign } from './design-effect.js';
import type { GroupedRows } from './grouping.js';
import { independentEvery, type OrderOf, orderEffect, type RowOrder, rowOrder, SURE } from './row-order.js';

/** What makes rows worth less than as many independent ones; null if nothing does. */
export type Dependence = 'group' | 'near-duplicates' | 'row order' | 'repeats' | null;

interface Dependences {
  given: boolean;
  size: number;
  others: number;
  mean: number;
  likeness: number | null;
  order: RowOrder | null;
  /** The same of what the network says of them: that of clusters where it says nothing. */
  orderOf(what: OrderOf): RowOrder | null;
  groups: number;
}

/** Those of a baseline are asked for by each window. */
const known = new WeakMap<GroupedRows, Dependences>();

export function dependences(counted: GroupedRows, rows: number): Dependences {
  const found = known.get(counted) ?? measured(counted, rows);
  known.set(counted, found);
  return found;
}

function measured({ given, groups, runs }: GroupedRows, rows: number): Dependences {
  const { groups: kept, rows: inThem, ...design } = groupDesign(groups, given);
  const estimated = inThem === 0 ? 0 : Math.round((kept * rows) / inThem);
  const orders = new Map<OrderOf, RowOrder>();
  const hasScores = runs.scores.some((scores) => scores > 0);
  const orderOf = (what: OrderOf) => {
    const found = orders.get(what) ?? rowOrder(runs, hasScores ? what : 'cluster');
    orders.set(what, found);
    return found;
  };
  const order = given ? null : orderOf('cluster');
  return { given, ...design, order, orderOf: given ? () => null : orderOf, groups: estimated };
}

export interface Worth {
  /** Rows that one independent row takes, 1 or more. */
  effect: number;
  by: Dependence;
}

/** A smaller loss is not worth a word, and may be chance: in few dimensions, some rows are near each other. */
const WORTH_TELLING = 1.05;

/**
 * @param own dependences of these rows
 * @param baseline those of the baseline, which are known better and do not change with a window that drifted
 */
export function worthOf(rows: number, own: Dependences, baseline: Dependences = own): Worth {
  const isComparable = own.given === baseline.given;
  const likeness = (isComparable ? baseline.likeness : null) ?? own.likeness ?? 1;
  const byGroups = designEffect(own.size, likeness) / own.others;
  const byOrder = effectOfOrder(rows, own, baseline, 'cluster');
  const effect = Math.min(rows, byGroups * byOrder);
  if (effect < WORTH_TELLING) return { effect: 1, by: null };
  if (own.given) return { effect, by: 'group' };
  return { effect, by: byGroups >= byOrder ? 'near-duplicates' : 'row order' };
}

/**
 * The baseline's correlation, unless that of these rows is larger by more than chance: cut off after K lags, d of n
 * rows has a relative variance of about 2 (2 K + 1) / n (M. B. Priestley, Spectral Analysis and Time Series, 1981,
 * 6.2).
 */
function effectOfOrder(rows: number, own: Dependences, baseline: Dependences, what: OrderOf): number {
  const effectIn = (order: RowOrder) => orderEffect({ ...order, chain: own.order!.chain }, rows);
  const [ownOrder, order] = [own.orderOf(what), own.given === baseline.given ? baseline.orderOf(what) : null];
  const ofOwn = ownOrder === null ? 1 : effectIn(ownOrder);
  if (order === null || order.lags.length === 0) return ofOwn;
  const known = effectIn(order);
  const error = Math.sqrt((2 * (2 * order.lags.length + 1)) / rows);
  return ofOwn > (1 + SURE * error) * known ? ofOwn : known;
}

/** By how much more rows in order are worth for what the network says, in which neighbours may be less alike. */
export function worthBeside(
  rows: number,
  by: Dependence,
  own: Dependences,
  baseline: Dependences,
  what: OrderOf,
): number {
  if (by !== 'row order') return 1;
  return effectOfOrder(rows, own, baseline, 'cluster') / effectOfOrder(rows, own, baseline, what);
}

/** Rows from one that has nothing in common with a row to the next, for rows in order. */
export function everyIndependent(own: Dependences, baseline: Dependences): number {
  return Math.max(...[own.order, baseline.order].map((order) => (order === null ? 1 : independentEvery(order))));
}

// Chains that are none: where all images of a window look alike, as through a covered lens, neighbours are near each other as
// any two rows are. Such a window has drifted, and must not be taken for one clip.

/** With fewer pairs, their share says nothing. */
const LEAST_PAIRS = 30;

/** Share of rows, far apart in the file, that are as near as near-duplicates; 0 if too few are known. */
export function nearShare({ coordinates, rowNumbers }: RowSample, near: number): number {
  const { rows, columns, data } = coordinates;
  let pairs = 0;
  let nearPairs = 0;
  for (let i = 1; i < rows; i++) {
    for (let j = 0; j < i; j++) {
      if (Math.abs(rowNumbers[i]! - rowNumbers[j]!) <= CHAIN_ROWS) continue;
      let square = 0;
      for (let c = 0; c < columns; c++) square += (data[i * columns + c]! - data[j * columns + c]!) ** 2;
      pairs++;
      if (square <= near) nearPairs++;
    }
  }
  return pairs < LEAST_PAIRS ? 0 : nearPairs / pairs;
}

/**
 * Rows of the group of an average row, without those that are in one chain by chance: of s rows in chains, c would be
 * if neighbours were near as often as any two rows are, so a share (s - c) / (1 - c) of the chains counts.
 * @param share result of `nearShare`
 */
export function sizeBeyondChance({ given, size, mean }: Dependences, share: number): number {
  if (given || share === 0) return size;
  const chained = 1 - 1 / mean;
  const alone = pow(1 - share, CHAIN_ROWS);
  return 1 + (size - 1) * Math.max(0, 1 - (1 - chained) / alone);
}
