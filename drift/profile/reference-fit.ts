/** Fits what a reference counts in: everything that adapts to rows, from the fit half of the baseline alone. */

import { chainKeys, GroupedRowsCounter, unitOf } from '../groups/grouping.js';
import { independentEvery, rowOrder } from '../groups/row-order.js';
import { isUsable, type Matrix, type Matrix64, rowsOf } from '../linear/matrix.js';
import { fitPca, type Projection } from '../linear/pca.js';
import { numberKey, rowKey } from '../rows/keys.js';
import { HOLDS, labelOf } from '../rows/label-columns.js';
import { RowSampler } from '../rows/row-sample.js';
import { quantileEdges } from '../statistics/counts.js';
import { momentsOf } from '../statistics/moments.js';
import { rankCorrelations } from '../statistics/ranks.js';
import { ClassedRowSampler, type Histogram, MAX_BINS, type Reference, type StatisticSummary } from './reference.js';

export interface FitRow {
  group: number | null;
  target: string | null;
  /** Null without scores. */
  confidence: number | null;
  entropy: number | null;
  /** Values in the order of the statistics' names, NaN where not known. */
  statistics: readonly number[];
}

/**
 * True for the half that is fitted on. The row's group decides, so that passes and shards agree, and no clip and no
 * repeated image is on both sides (but see `repeatedKeys`).
 * @param key of what stays together with the row (`RowGroup.unit`)
 */
export function isFitRow(key: number, seed: number): boolean {
  // Hashed once more, as samples keep the rows of the smallest keys.
  return numberKey(key, seed) % 2 === 0;
}

/** Fewer copies of one image are on one side without much harm. */
const LEAST_REPEATED = { rows: 10, share: 0.01 };

/**
 * Ascending keys of embeddings that more than one row in a hundred has, such as of a camera that shows black. All on
 * one side, the reference would have twice as many of them as the baseline, or none.
 * @param keys `[rows]` of embeddings
 */
export function repeatedKeys(keys: Float64Array): Float64Array {
  const times = new Map<number, number>();
  for (const key of keys) times.set(key, (times.get(key) ?? 0) + 1);
  const least = Math.max(LEAST_REPEATED.rows, LEAST_REPEATED.share * keys.length);
  return Float64Array.from([...times].filter(([, count]) => count > least).map(([key]) => key)).sort();
}

/** @param rows both halves @param inFit `[rows]`: those to use @returns with nothing counted; null without fit rows */
export function fitReference(
  rows: Matrix,
  inFit: readonly boolean[],
  beside: readonly FitRow[],
  statistics: readonly string[],
  { seed, repeated }: Pick<Reference, 'seed' | 'repeated'>,
): Reference | null {
  const fitted = inFit.flatMap((isIn, i) => (isIn ? [i] : []));
  if (fitted.length === 0) return null;
  const matrix = rowsOf(rows, fitted);
  const projection = roundProjection(fitPca(matrix));
  const columnOf = (value: (row: FitRow) => number | null) =>
    Float64Array.from(fitted.flatMap((i) => value(beside[i]!) ?? []).filter(isUsable));
  const summaries = Object.fromEntries(
    statistics.map((name, s) => [
      name,
      summaryOf(
        columnOf((row) => row.statistics[s]!),
        labelOf(name)?.kind === 'holds',
      ),
    ]),
  );
  const columns = statistics.map((name, s) => {
    const values = fitted.map((i) => beside[i]!.statistics[s]!);
    return [name, { values, edges: summaries[name]!.edges }] as const;
  });
  return {
    seed,
    fitRows: fitted.length,
    rows: 0,
    projection,
    sample: new RowSampler(projection, 0).sample(),
    confidence: emptyHistogram(columnOf((row) => row.confidence)),
    entropy: emptyHistogram(columnOf((row) => row.entropy)),
    reliability: null,
    statistics: summaries,
    repeated,
    correlations: rankCorrelations(new Map(columns)),
    classed:
      statistics.length > 0 && columnOf((row) => row.confidence).length > 0 ? new ClassedRowSampler().rows() : null,
  };
}

/** Rounds to float32, as a profile file stores: bins need no more digits, and what is read back is equal. */
function roundToFloat32(matrix: Matrix64): Matrix64 {
  return { ...matrix, data: matrix.data.map(Math.fround) };
}

function roundProjection({ mean, components, variances }: Projection): Projection {
  return { mean: mean.map(Math.fround), components: roundToFloat32(components), variances: variances.map(Math.fround) };
}

function emptyHistogram(values: Float64Array): Histogram | null {
  if (values.length === 0) return null;
  const edges = quantileEdges(values, binsFor(values.length));
  return { edges, counts: new Array<number>(edges.length + 1).fill(0) };
}

function binsFor(values: number): number {
  return Math.max(5, Math.min(MAX_BINS, Math.floor(values / 10)));
}

/** @param isTruth whether values are 0 or 1, of which rare ones need a bin, too */
function summaryOf(values: Float64Array, isTruth: boolean): StatisticSummary {
  const centre = values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  const histogram = isTruth ? TRUTH : (emptyHistogram(values) ?? { edges: [], counts: [0] });
  return { ...histogram, centre, ...momentsOf(0, centre, [], []) };
}

const TRUTH: Histogram = { edges: [HOLDS], counts: [0, 0] };

/** So many blocks are left of any baseline, for ten folds and two halves. */
const LEAST_BLOCKS = 40;

interface UnitOptions {
  seed: number;
  /** Largest squared distance of near-duplicates. */
  near: number;
  clusters: number;
  /** True if these are all rows, in their order, and no groups are given. */
  inOrder: boolean;
}

/** @param labels `[rows]`: clusters @returns units: keys of what stays together; block: as in `Grouping` */
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
