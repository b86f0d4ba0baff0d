/**
 * Accuracy of rows some of which have labels: drawn at random (`measuredAccuracy`), or by a plan, whose chances weigh
 * them (D. G. Horvitz and D. J. Thompson, JASA 47, 1952; the ratio of J. Hájek, 1971, for parts).
 */
import {
  type AllRows,
  clopperPearson,
  type MeasuredAccuracy,
  measuredAccuracy,
  PPI_LABELS,
  wilson,
} from '../statistics/accuracy-interval.js';

export interface LabelledRow {
  right: boolean;
  /** How often predictions of its confidence are right in the baseline; null where not known. */
  rate: number | null;
  /** Key of what it hangs together with. */
  group: number;
  planned: Planned | null;
}

interface Planned {
  stratum: string;
  probability: number;
}

/** @param rows at least one, drawn at random from all @param all that are asked about */
export function randomAccuracy(rows: readonly LabelledRow[], all: AllRows): MeasuredAccuracy {
  const sums = { labels: rows.length, right: 0, rates: 0, squares: 0, products: 0 };
  for (const { right, rate } of rows) {
    sums.right += Number(right);
    sums.rates += rate ?? 0;
    sums.squares += (rate ?? 0) ** 2;
    sums.products += right ? (rate ?? 0) : 0;
  }
  return measuredAccuracy(sums, all, { worth: worthOf(rows), finite: true });
}

/** Independent labels that one is worth: of groups of rows that are right and wrong together, fewer (L. Kish, 1965). */
export function worthOf(rows: readonly Pick<LabelledRow, 'right' | 'group'>[]): number {
  const mean = rows.reduce((sum, { right }) => sum + Number(right), 0) / rows.length;
  const sums = new Map<number, number>();
  for (const { right, group } of rows) sums.set(group, (sums.get(group) ?? 0) + Number(right) - mean);
  const alone = rows.length * mean * (1 - mean);
  const together = [...sums.values()].reduce((sum, of) => sum + of ** 2, 0);
  return alone === 0 ? 1 : Math.min(1, alone / together);
}

/** Means of rows that are weighed by their chances in a plan, and how many rows of one weight would say as much. */
export function weighedRows<R extends Pick<LabelledRow, 'planned'>>(rows: readonly R[]) {
  const weights = rows.map(({ planned }) => 1 / (planned?.probability ?? 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const squares = weights.reduce((sum, weight) => sum + weight ** 2, 0);
  const meanOf = (value: (row: R) => number) => rows.reduce((sum, row, i) => sum + weights[i]! * value(row), 0) / total;
  const shareOf = (is: (row: R) => boolean) => meanOf((row) => Number(is(row)));
  return { weights, squares, meanOf, shareOf, evenRows: total ** 2 / squares };
}

/** Accuracy of a part of the rows whose number nobody knows, such as those of a class: by labels alone. @param rows at least one */
export function partAccuracy(rows: readonly LabelledRow[]): MeasuredAccuracy {
  const { shareOf, evenRows } = weighedRows(rows);
  const value = shareOf(({ right }) => right);
  const counted = Math.max(1, evenRows * worthOf(rows));
  const by = rows.some(({ planned }) => planned !== null) ? 'plan' : 'exact';
  return { value, ...clopperPearson(value * counted, counted), labels: rows.length, by };
}

/**
 * Accuracy of all rows of a plan. The variance of a stratum is the larger one of what its labels say (W. G. Cochran,
 * Sampling Techniques, 1977, 5A) and of what its rates do: a few labels of surely predicted rows are all right, as a
 * rule, and would say that there is none.
 *
 * @param rows each planned, at least one in each stratum
 * @param strata rows that each stratum stands for, by name
 */
export function plannedAccuracy(rows: readonly LabelledRow[], strata: ReadonlyMap<string, number>): MeasuredAccuracy {
  const all = [...strata.values()].reduce((sum, count) => sum + count, 0);
  const labelled = groupedBy(rows, ({ planned }) => planned!.stratum);
  let [value, smooth, variance] = [0, 0, 0];
  for (const [name, count] of strata) {
    const own = labelled.get(name)!;
    const found = weighted(own);
    const share = count / all;
    const unseen = 1 - Math.min(1, own.length / count);
    const ofLabels = (found.right * (1 - found.right)) / Math.max(1, own.length - 1);
    const ofRates = (found.rate * (1 - found.rate)) / own.length;
    value += share * found.right;
    // Where all are right, what one more label would say.
    smooth += (share * (found.right * own.length + found.rate)) / (own.length + 1);
    variance += share ** 2 * unseen * Math.max(ofLabels, ofRates);
  }
  const labels = rows.length;
  if (variance === 0) return { value, low: value, high: value, labels, by: 'plan' };
  const counted = (smooth * (1 - smooth)) / variance;
  const few = Math.min(labels, counted);
  const range = labels < PPI_LABELS ? clopperPearson(value * few, few) : wilson(value, counted);
  return { value, ...range, labels, by: 'plan' };
}

function weighted(rows: readonly LabelledRow[]): { right: number; rate: number } {
  let [total, right, rate] = [0, 0, 0];
  for (const row of rows) {
    const weight = 1 / row.planned!.probability;
    total += weight;
    right += row.right ? weight : 0;
    rate += weight * (row.rate ?? Number.NaN);
  }
  const known = right / total;
  // Without rates, what the labels and one more that is half right say.
  return { right: known, rate: Number.isNaN(rate) ? (known * rows.length + 0.5) / (rows.length + 1) : rate / total };
}

/** In the order in which keys first come. */
export function groupedBy<T, K>(values: Iterable<T>, keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
