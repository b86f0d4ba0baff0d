/**
 * Cross-fitted counts: what the clusters hold of rows that they were not fitted on.
 *
 * Centroids adapt to the rows that they were fitted on, so counts of those vary less than counts of new rows, and a
 * comparison with a window would be unfair. So rows are dealt into ten folds, and those of a fold are counted by
 * centroids from which they were taken out, by one step of k-means without them:
 *
 *   (sum of the cluster − sum of its rows in the fold) / (rows of the cluster − its rows in the fold).
 *
 * A second step might find another optimum, whose clusters are others. Cross-fitting is by V. Chernozhukov et al.,
 * "Double/debiased machine learning" (Econometrics Journal 21, 2018). All rows still chose the clusters: see
 * `choiceEffect`. The fold follows from the row's group, so shards agree, and a clip or copies are in one fold.
 */
import { Random } from '../../base/index.js';
import { NearestCentroid } from '../clustering/assign.js';
import { type KMeansResult, kMeans } from '../clustering/kmeans.js';
import { type Matrix, type Matrix64, rowsOf } from '../linear/matrix.js';
import { numberKey, rowKey } from '../rows/keys.js';
import { chiSquareStatistic } from '../statistics/histogram-distances.js';

export const FOLDS = 10;

export interface CrossFit {
  seed: number;
  /** `[FOLDS * clusters, dimensions]`, float32 values: the centroids without fold 0, without fold 1, and so on. */
  centroids: Matrix64;
  /** Baseline rows nearest to each centroid without their fold, in the order of the profile's centroids. */
  counts: number[];
  /** Variance of the counts as a multiple of what it is where clusters are given, 1 or more (`choiceEffect`). */
  choiceEffect: number;
}

/** @param key of what stays together with the row (`RowGroup.unit`) */
export function foldOf(key: number, seed: number): number {
  // Hashed once more, as samples keep the rows of the smallest keys. The lowest bit decides about the half.
  return Math.floor(numberKey(key, seed) / 2) % FOLDS;
}

/** @param rows `[rows, dimensions]` of the fit @param folds `[rows]` @returns with nothing counted */
export function fitFolds(
  rows: Matrix,
  folds: ArrayLike<number>,
  { centroids, counts, labels }: Pick<KMeansResult, 'centroids' | 'counts' | 'labels'>,
  seed: number,
): CrossFit {
  const { rows: clusters, columns } = centroids;
  const taken = new Int32Array(FOLDS * clusters);
  const sums = new Float64Array(FOLDS * clusters * columns);
  for (let row = 0; row < rows.rows; row++) {
    const place = folds[row]! * clusters + labels[row]!;
    taken[place]!++;
    for (let c = 0; c < columns; c++) sums[place * columns + c]! += rows.data[row * columns + c]!;
  }
  const data = new Float64Array(sums.length);
  for (let cluster = 0; cluster < clusters; cluster++) {
    for (let c = 0; c < columns; c++) {
      const at = (fold: number) => (fold * clusters + cluster) * columns + c;
      let whole = 0;
      for (let fold = 0; fold < FOLDS; fold++) whole += sums[at(fold)]!;
      for (let fold = 0; fold < FOLDS; fold++) {
        const left = counts[cluster]! - taken[fold * clusters + cluster]!;
        // A cluster that is in one fold alone, such as copies of one image, stays where it is.
        const moved = left > 0 ? (whole - sums[at(fold)]!) / left : centroids.data[cluster * columns + c]!;
        data[at(fold)] = Math.fround(moved);
      }
    }
  }
  const matrix = { rows: FOLDS * clusters, columns, data };
  return { seed, centroids: matrix, counts: new Array<number>(clusters).fill(0), choiceEffect: 1 };
}

export class FoldCounter {
  readonly #fitted: CrossFit;
  readonly #nearest: NearestCentroid[];
  readonly #counts: number[];

  constructor(fitted: CrossFit) {
    this.#fitted = fitted;
    const { columns, data } = fitted.centroids;
    const clusters = fitted.counts.length;
    this.#counts = new Array<number>(clusters).fill(0);
    this.#nearest = Array.from({ length: FOLDS }, (_, fold) => {
      const size = clusters * columns;
      return new NearestCentroid({ rows: clusters, columns, data: data.subarray(fold * size, (fold + 1) * size) });
    });
  }

  /** @param key of what stays together with the row (`RowGroup.unit`) @returns its cluster */
  add(matrix: Matrix, row: number, key: number): number {
    const cluster = this.#nearest[foldOf(key, this.#fitted.seed)]!.of(matrix, row);
    this.#counts[cluster]!++;
    return cluster;
  }

  counts(): CrossFit {
    return { ...this.#fitted, counts: this.#counts.slice() };
  }
}

// How much more the counts of fitted clusters vary than those of given clusters.
//
// Where several partitions fit nearly as well, k-means takes the one that chance made better: of ten equal modes in
// five clusters, those with many rows by chance get a cluster of their own, and their count is too large. Centroids
// without a fold do not undo that choice of all rows. So the fit is repeated on halves of the rows. A half A has chosen
// by its own luck, of which the other half B knows nothing. If the counts of A vary c times as much as they should, the
// chi-square of A and B is (c + 1) / 2 times what it is in clusters that neither chose. The clusters of all rows are
// such clusters, however rows are dealt. So, over many halves,
//
//   c = 1 + 2 (Σ X²(clusters of A) − Σ X²(clusters of all)) / Σ X²(clusters of all),
//
// which is 1 where halves find the clusters of all rows again. (Repeated halving to see what a fit owes to chance: N.
// Meinshausen and P. Bühlmann, "Stability selection", J. R. Stat. Soc. B 72, 2010.)

/** With more rows a cluster it is not measured: fits of halves would take longer than the profile. */
const MOST_ROWS_PER_CLUSTER = 100;
/** Times that the rows are dealt out. The effect then has a standard error of about a fifth. */
const DEALS = 32;
/** If so many deals find the clusters of all rows, the others will. */
const FIRST_DEALS = 4;
/** The same counts in another order of the clusters have sums that differ by less. */
const ROUNDING = 1e-9;
/** More digits are chance. */
const DIGITS = 1_000;
const STREAM = 211;

/**
 * @param rowsOfFit `[rows, columns]` of the fit, or their principal components, which take less time
 * @param units `[rows]`: keys of what stays together
 * @param labels `[rows]`: clusters from 0
 * @returns variance of the clusters' counts as a multiple of that of given clusters, 1 or more
 */
export function choiceEffect(
  rowsOfFit: () => Matrix,
  units: ArrayLike<number>,
  labels: ArrayLike<number>,
  { clusters, seed }: { clusters: number; seed: number },
): number {
  if (units.length >= MOST_ROWS_PER_CLUSTER * clusters) return 1;
  const rows = rowsOfFit();
  const random = Random.stream(seed, STREAM);
  const different = Float64Array.from(new Set(Array.from(units)));
  let [chosen, given] = [0, 0];
  for (let deal = 0; deal < DEALS; deal++) {
    if (deal === FIRST_DEALS && Math.abs(chosen - given) <= ROUNDING * given) return 1;
    const [a, b] = halvesOf(units, random.shuffle(different));
    for (const [own, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const found = clusteredBy(rows, own, clusters, seed);
      if (found === null) return 1;
      chosen += chiSquare(own, other, found, clusters);
      given += chiSquare(own, other, (row) => labels[row]!, clusters);
    }
  }
  if (given === 0) return 1;
  return Math.max(1, Math.round((1 + (2 * (chosen - given)) / given) * DIGITS) / DIGITS);
}

function halvesOf(units: ArrayLike<number>, shuffled: Float64Array): [number[], number[]] {
  const first = new Set(shuffled.subarray(0, shuffled.length >> 1));
  const halves: [number[], number[]] = [[], []];
  for (let row = 0; row < units.length; row++) halves[first.has(units[row]!) ? 0 : 1].push(row);
  return halves;
}

/** The cluster of any row where clusters are fitted on some; null if these have too few different rows. */
function clusteredBy(
  rows: Matrix,
  fitted: readonly number[],
  clusters: number,
  seed: number,
): ((row: number) => number) | null {
  if (new Set(fitted.map((row) => rowKey(rows, row, seed))).size < clusters) return null;
  const nearest = new NearestCentroid(kMeans(rowsOf(rows, fitted), { clusters, seed, restarts: 1 }).centroids);
  return (row) => nearest.of(rows, row);
}

function chiSquare(
  a: readonly number[],
  b: readonly number[],
  clusterOf: (row: number) => number,
  clusters: number,
): number {
  const counts = (rows: readonly number[]) => {
    const found = new Array<number>(clusters).fill(0);
    for (const row of rows) found[clusterOf(row)]!++;
    return found;
  };
  return chiSquareStatistic(counts(a), counts(b));
}
