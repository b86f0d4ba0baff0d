/**
 * k-means: greedy k-means++ starts, each followed by Lloyd's iteration (with Elkan's bounds); from the best, a search
 * that swaps single centroids; then iteration until no row changes its cluster. So seeds that find the same optimum
 * give the same centroids. The inertia is usually below that of as many starts by scikit-learn. Distances are
 * Euclidean, columns are not scaled, sums are float64 on one thread. Only rows, their order and options matter.
 */
import { checkSeed, Random } from '../../base/index.js';
import { DriftError } from '../drift-error.js';
import { checkShape, checkValues, type Matrix, type Matrix64, toFloat64 } from '../linear/matrix.js';
import { elkan } from './elkan.js';
import { KernelRows } from './kernel/kernel-rows.js';
import type { LloydOptions, LloydResult } from './lloyd.js';
import { kMeansPlusPlus, searchSwaps } from './search.js';

export interface KMeansOptions {
  /** k, from 1 to `MAX_CLUSTERS`. */
  clusters: number;
  /** Whole number from 0; default 0. */
  seed?: number | undefined;
  /** Independent starts, of which the best is taken; default 10, as scikit-learn's `n_init` once had. */
  restarts?: number | undefined;
  /** Lloyd iterations of each start; default 300, as in scikit-learn. */
  maxIterations?: number | undefined;
  /** A start stops when Σ shift² is at most this times the columns' mean variance; default 1e-4, as in scikit-learn. */
  tolerance?: number | undefined;
}

export interface KMeansResult {
  /** `[clusters, columns]`; the largest cluster first, ties by the first coordinate that differs. */
  centroids: Matrix64;
  /** Rows in each cluster, in the order of the centroids. */
  counts: number[];
  /** `[rows]`: nearest centroid, ties to the lowest index. */
  labels: Int32Array;
  /** Σ of squared distances to the nearest centroid. */
  inertia: number;
  /** Lloyd iterations that led to the result: its start, its swaps and the final run. */
  iterations: number;
  /** False when `maxIterations` ended the final run. */
  converged: boolean;
}

/** Elkan's bounds take 8 · rows · clusters bytes: 200 MB at this many clusters and 100,000 rows. */
export const MAX_CLUSTERS = 256;
/** Limits far beyond what helps, so that a wrong option does not run for days. */
const MAX_RESTARTS = 1_000;
const MAX_MAX_ITERATIONS = 100_000;

export const DEFAULT_RESTARTS = 10;

/**
 * @param matrix `[rows, columns]`, at least as many different rows as clusters
 * @throws DriftError `OPTION_OUT_OF_RANGE`, `NO_ROWS`, `MATRIX_MISSHAPEN`,
 *   `VALUE_NOT_FINITE` (row and column), `TOO_FEW_DISTINCT_ROWS` (both numbers)
 * @throws RandomError `SEED_NOT_AN_INTEGER`
 */
export function kMeans(matrix: Matrix, options: KMeansOptions): KMeansResult {
  const { clusters, seed = 0, restarts = DEFAULT_RESTARTS, maxIterations = 300, tolerance = 1e-4 } = options;
  checkWhole('clusters', clusters, MAX_CLUSTERS);
  checkWhole('restarts', restarts, MAX_RESTARTS);
  checkWhole('maxIterations', maxIterations, MAX_MAX_ITERATIONS);
  if (!(tolerance >= 0)) throw new DriftError('OPTION_OUT_OF_RANGE', `tolerance ${tolerance}: 0 or more is needed`);
  checkSeed(seed);
  checkShape(matrix, 'k-means');
  checkValues(matrix, 'k-means');
  if (matrix.rows === 0) throw new DriftError('NO_ROWS', `k-means: 0 rows, at least ${clusters} are needed`);

  const rows = toFloat64(matrix);
  const kernel = KernelRows.of(rows, clusters);
  const roughly = { maxIterations, tolerance: tolerance * meanVariance(rows), kernel };
  const restarted = bestOfRestarts(rows, clusters, restarts, seed, roughly);
  // One cluster has its optimum at the mean, so there is nothing to search.
  const swapped = clusters === 1 ? restarted : searchSwaps(rows, restarted, Random.stream(seed, restarts), roughly);
  const final = elkan(rows, swapped.centroids, { maxIterations, tolerance: 0, kernel }, swapped);
  return inCanonicalOrder(rows, final, kernel, swapped.iterations + final.iterations);
}

function bestOfRestarts(
  rows: Matrix64,
  clusters: number,
  restarts: number,
  seed: number,
  options: LloydOptions,
): LloydResult {
  let best: LloydResult | null = null;
  for (let restart = 0; restart < restarts; restart++) {
    const { centres, ...known } = kMeansPlusPlus(rows, clusters, Random.stream(seed, restart), options.kernel);
    const result = elkan(rows, centres, options, known);
    if (best === null || result.inertia < best.inertia) best = result;
  }
  return best!;
}

function checkWhole(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new DriftError(
    'OPTION_OUT_OF_RANGE',
    `${name} ${value}: a whole number from 1 to ${most.toLocaleString('en')} is needed`,
  );
}

function meanVariance({ rows, columns, data }: Matrix64): number {
  const means = new Float64Array(columns);
  for (let start = 0; start < data.length; start += columns) {
    for (let c = 0; c < columns; c++) means[c]! += data[start + c]! / rows;
  }
  let squares = 0;
  for (let start = 0; start < data.length; start += columns) {
    for (let c = 0; c < columns; c++) squares += (data[start + c]! - means[c]!) ** 2;
  }
  return squares / data.length;
}

/** Sorts the clusters, then labels the rows again: ties go to the lowest index in the order that the user sees. */
function inCanonicalOrder(
  matrix: Matrix64,
  result: LloydResult,
  kernel: KernelRows | null,
  iterations: number,
): KMeansResult {
  const { columns } = matrix;
  const clusters = result.centroids.length / columns;
  const sizes = new Array<number>(clusters).fill(0);
  for (const label of result.labels) sizes[label]!++;
  const found = sizes.map((size, from) => ({
    size,
    from,
    centroid: result.centroids.subarray(from * columns, (from + 1) * columns),
  }));
  found.sort((a, b) => b.size - a.size || compareCoordinates(a.centroid, b.centroid));

  const centroids: Matrix64 = { rows: clusters, columns, data: new Float64Array(result.centroids.length) };
  const placeOf = new Int32Array(clusters);
  for (const [j, { centroid, from }] of found.entries()) {
    centroids.data.set(centroid, j * columns);
    placeOf[from] = j;
  }
  const known = { ...result, labels: result.labels.map((label) => placeOf[label]!) };
  const { labels } = elkan(matrix, centroids.data, { maxIterations: 0, tolerance: 0, kernel }, known);
  const counts = new Array<number>(clusters).fill(0);
  for (const label of labels) counts[label]!++;
  return { centroids, counts, labels, inertia: result.inertia, iterations, converged: result.converged };
}

function compareCoordinates(a: Float64Array, b: Float64Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
