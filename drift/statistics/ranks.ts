/** What depends on the order of values alone: order statistics, the area under a curve, rank correlations. */
import { binOf } from './counts.js';

/**
 * The value at a place in ascending order. Those before it are then not larger, and those behind it not smaller.
 * @param values reordered in place; NaN not allowed
 * @param place from 0
 */
export function valueAt(values: Float64Array, place: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = middleOf(values[low]!, values[(low + high) >>> 1]!, values[high]!);
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const kept = values[i]!;
      values[i++] = values[j]!;
      values[j--] = kept;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return values[place]!;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

// Area under the ROC curve: the chance that a positive score is above a negative one, ties counting half. It is the
// Mann-Whitney U statistic over the product of the sample sizes (J. A. Hanley and B. J. McNeil, Radiology 143, 1982),
// and equals scikit-learn's `roc_auc_score`.

/** @param negatives, positives scores, at least one each; sorted in place @returns 0 to 1 */
export function areaUnderCurve(negatives: Float64Array, positives: Float64Array): number {
  negatives.sort();
  positives.sort();
  let below = 0;
  let upTo = 0;
  let doubled = 0;
  for (const score of positives) {
    while (below < negatives.length && negatives[below]! < score) below++;
    upTo = Math.max(upTo, below);
    while (upTo < negatives.length && negatives[upTo]! <= score) upTo++;
    doubled += below + upTo;
  }
  return doubled / (2 * negatives.length * positives.length);
}

/** Variance of an AUC whose scores are independent, from the AUC alone (Hanley and McNeil 1982, exponential scores). */
export function areaVariance(area: number, negatives: number, positives: number): number {
  const q1 = area / (2 - area);
  const q2 = (2 * area * area) / (1 + area);
  const square = area * area;
  return (
    (area * (1 - area) + (positives - 1) * (q1 - square) + (negatives - 1) * (q2 - square)) / (negatives * positives)
  );
}

/** How columns move together: correlations of their ranks (C. Spearman, 1904), from their bins. */
export interface RankCorrelations {
  names: readonly string[];
  /** `[names, names]`, float32 values. */
  values: Float64Array;
}

/** Unknown values say nothing; equal ones move with none. @param columns name → `[rows]` and the edges of its bins */
export function rankCorrelations(
  columns: ReadonlyMap<string, { values: ArrayLike<number>; edges: readonly number[] }>,
): RankCorrelations {
  const names = [...columns.keys()].sort();
  const ranks = names.map((name) => standardized(columns.get(name)!));
  const values = new Float64Array(names.length ** 2);
  for (const [i, a] of ranks.entries()) {
    values[i * names.length + i] = 1;
    for (const [j, b] of ranks.slice(0, i).entries()) {
      const r = Math.fround(a.reduce((sum, value, row) => sum + value * b[row]!, 0));
      values[i * names.length + j] = r;
      values[j * names.length + i] = r;
    }
  }
  return { names, values };
}

/** Bins with a mean of 0 and a sum of squares of 1; all 0 for a column of equal values. */
function standardized({ values, edges }: { values: ArrayLike<number>; edges: readonly number[] }): Float64Array {
  const bins = Float64Array.from(values, (value) => (Number.isFinite(value) ? binOf(edges, value) : Number.NaN));
  const known = bins.filter((bin) => !Number.isNaN(bin));
  const mean = known.reduce((sum, bin) => sum + bin, 0) / known.length;
  const centred = bins.map((bin) => (Number.isNaN(bin) ? 0 : bin - mean));
  const length = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? centred : centred.map((value) => value / length);
}

/**
 * Correlations of some columns, drawn towards 0 as if as many rows as columns had none: they are positive definite.
 * @param rows that they were computed from
 * @returns `[names, names]`
 */
export function correlationsOf(known: RankCorrelations, names: readonly string[], rows: number): Float64Array {
  const size = names.length;
  const weight = rows / (rows + size);
  const places = names.map((name) => known.names.indexOf(name));
  return Float64Array.from({ length: size ** 2 }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    if (i === j) return 1;
    return weight * known.values[places[i]! * known.names.length + places[j]!]!;
  });
}
