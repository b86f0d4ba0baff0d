/** How columns move together: correlations of their ranks (C. Spearman, 1904), from their bins. */
import { binOf } from './histogram.js';

export interface RankCorrelations {
  names: readonly string[];
  /** `[names, names]`, float32 values. */
  values: Float64Array;
}

/**
 * A value that is not known says nothing. A column of equal values moves with none.
 *
 * @param columns name → `[rows]` and the edges of its bins
 */
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
 * The correlations of some of the columns, drawn towards 0 as if as many rows as columns had none, which makes them positive
 * definite.
 *
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
