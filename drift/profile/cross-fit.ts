/**
 * Cross-fitted counts: what the clusters hold of rows that they were not fitted on.
 *
 * Centroids adapt to the rows that they were fitted on, so counts of those rows vary less than counts of new rows do, and a
 * comparison with a window would be unfair. So the rows are dealt into ten folds, and the rows of a fold are counted by
 * centroids from which they were taken out: one step of k-means without them,
 *
 *   (sum of the cluster − sum of its rows in the fold) / (rows of the cluster − its rows in the fold).
 *
 * The step is not repeated: a second fit may find another optimum, and its clusters are then others. All rows count, by
 * nearly the centroids that people see, and no second fit is needed. Cross-fitting is by V. Chernozhukov et al.,
 * "Double/debiased machine learning" (Econometrics Journal 21, 2018).
 *
 * Which clusters were chosen is still owed to all rows, which `choice-effect.ts` accounts for.
 *
 * The fold follows from the row's group, so shards agree, and all frames of a clip and copies of an image are in one fold.
 */
import { NearestCentroid } from '../clustering/assign.js';
import type { KMeansResult } from '../clustering/kmeans.js';
import type { Matrix, Matrix64 } from '../linear/matrix.js';
import { numberKey } from '../rows/row-key.js';

export const FOLDS = 10;

export interface CrossFit {
  /** Seed of the folds. */
  seed: number;
  /** `[FOLDS * clusters, dimensions]`, float32 values: the centroids without fold 0, without fold 1, and so on. */
  centroids: Matrix64;
  /** Baseline rows nearest to each centroid without their fold, in the order of the profile's centroids. */
  counts: number[];
  /** Variance of the counts as a multiple of what it is where clusters are given, 1 or more (`choice-effect.ts`). */
  choiceEffect: number;
}

/** @param key of what stays together with the row (`RowGroup.unit`) */
export function foldOf(key: number, seed: number): number {
  // Hashed once more, as samples keep the rows of the smallest keys. The lowest bit decides about the half.
  return Math.floor(numberKey(key, seed) / 2) % FOLDS;
}

/**
 * @param rows `[rows, dimensions]` that the clusters were fitted on
 * @param folds `[rows]`
 * @returns with nothing counted
 */
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

/** Counts rows by the centroids without their fold. */
export class FoldCounter {
  readonly #fitted: CrossFit;
  readonly #nearest: NearestCentroid[];
  readonly #counts: number[];

  /** @param fitted its counts are ignored */
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

  /**
   * @param key of what stays together with the row (`RowGroup.unit`)
   * @returns the row's cluster
   */
  add(matrix: Matrix, row: number, key: number): number {
    const cluster = this.#nearest[foldOf(key, this.#fitted.seed)]!.of(matrix, row);
    this.#counts[cluster]!++;
    return cluster;
  }

  counts(): CrossFit {
    return { ...this.#fitted, counts: this.#counts.slice() };
  }
}
