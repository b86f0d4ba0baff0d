import { squaredDistance } from '../linear/distance.js';
import type { Matrix64 } from '../linear/matrix.js';
import type { KernelRows } from './kernel/kernel-rows.js';

export interface LloydOptions {
  maxIterations: number;
  /** Stops when Σ ‖shift of a centroid‖² is at most this; 0 goes on until no row changes its cluster. */
  tolerance: number;
  /** The same rows in the WebAssembly kernel. It changes only the time. Its bounds are overwritten. */
  kernel?: KernelRows | null;
}

/** Distances known before the first iteration, so that they need not be measured again. */
export interface KnownDistances {
  /** `[rows]`: a centroid near the row, preferably the nearest. */
  labels: Int32Array;
  /** `[rows]`: squared distance to that centroid, as `squaredDistance` gives it. */
  squares: Float64Array;
  /** `[rows]`: a lower bound of the squared distance to any other centroid; null if nothing is known. */
  others: Float64Array | null;
}

/** The result. Its labels are exact: the nearest of these centroids, ties to the lowest index. */
export interface LloydResult extends KnownDistances {
  /** `[clusters, columns]`. */
  centroids: Float64Array;
  others: Float64Array;
  /** Σ of `squares`. */
  inertia: number;
  iterations: number;
  /** False if `maxIterations` ended the run. */
  converged: boolean;
}

/** What one pass of Elkan's k-means needs, in plain loops here and in `kernel/assembly/kernel.ts`. */
export interface Bounds {
  /** `[clusters, columns]`. */
  readonly centroids: Float64Array;
  /** `[rows]`. */
  readonly labels: Int32Array;
  /** `[rows]`: an upper bound of the distance to the own centroid. */
  readonly upper: Float64Array;
  /** `[rows, clusters]`: lower bounds of the distances to all centroids. */
  readonly lower: Float64Array;
  /** `[clusters, clusters]`: half the distance between two centroids. */
  readonly half: Float64Array;
  /** `[clusters]`: the smallest of `half`. */
  readonly halfGap: Float64Array;
}

/**
 * Updates labels and bounds. @param slack covers rounding @returns `[changed, 2]`, flat: each row and its label before
 */
export function reassign({ rows, columns, data }: Matrix64, bounds: Bounds, slack: number): number[] {
  const { centroids, labels, upper, lower, half, halfGap } = bounds;
  const clusters = halfGap.length;
  const changes: number[] = [];
  for (let i = 0; i < rows; i++) {
    const label = labels[i]!;
    let best = label;
    let bestDistance = upper[i]!;
    if (bestDistance + slack < halfGap[best]!) continue;
    let bestSquare = 0;
    let exact = false;
    for (let j = 0; j < clusters; j++) {
      if (j === best) continue;
      const bound = Math.max(lower[i * clusters + j]!, half[best * clusters + j]!);
      if (bestDistance + slack < bound) continue;
      if (!exact) {
        bestSquare = squaredDistance(data, i * columns, centroids, best * columns, columns);
        bestDistance = Math.sqrt(bestSquare);
        lower[i * clusters + best] = bestDistance;
        exact = true;
        if (bestDistance + slack < bound) continue;
      }
      const square = squaredDistance(data, i * columns, centroids, j * columns, columns);
      const distance = Math.sqrt(square);
      lower[i * clusters + j] = distance;
      if (square < bestSquare || (square === bestSquare && j < best)) {
        best = j;
        bestSquare = square;
        bestDistance = distance;
      }
    }
    upper[i] = bestDistance;
    if (best === label) continue;
    labels[i] = best;
    changes.push(i, label);
  }
  return changes;
}

// Sums and counts of each cluster's rows, updated as rows move. Sums of float32 values in float64 are exact for all
// practical ranges (24 of 53 bits), so a row that comes and goes leaves no error behind.

/** Σ (‖row − centroid‖² − ‖row‖²) over all rows, and a bound on its rounding error. */
export interface Potential {
  value: number;
  error: number;
}

/** Bound on the rounding error of a sum over at most 10⁷ rows, as a share of its terms. */
export const ROUNDING = 1e-9;

export class ClusterSums {
  static of(matrix: Matrix64, clusters: number, kernel: KernelRows | null): ClusterSums {
    const counts = new Float64Array(clusters);
    if (kernel?.isExact) return new ClusterSums(matrix, kernel.memory.sums.fill(0), counts, kernel);
    return new ClusterSums(matrix, new Float64Array(clusters * matrix.columns), counts, null);
  }

  readonly #matrix: Matrix64;
  /** `[clusters, columns]`. */
  readonly #sums: Float64Array;
  /** The kernel whose memory holds the sums; null for plain loops. */
  readonly #kernel: KernelRows | null;

  private constructor(
    matrix: Matrix64,
    sums: Float64Array,
    /** `[clusters]`. */
    readonly counts: Float64Array,
    kernel: KernelRows | null,
  ) {
    this.#matrix = matrix;
    this.#sums = sums;
    this.#kernel = kernel;
  }

  /** Adds every row to the cluster of its label. With a kernel, the labels are those in its memory. */
  addAll(labels: Int32Array): void {
    for (let i = 0; i < labels.length; i++) {
      if (this.#kernel === null) this.#addRow(i, labels[i]!);
      this.counts[labels[i]!]!++;
    }
    this.#kernel?.addRows();
  }

  move(row: number, from: number, to: number): void {
    this.#subtractRow(row, from);
    this.counts[from]!--;
    this.#addRow(row, to);
    this.counts[to]!++;
  }

  /** Writes the means into `[clusters, columns]`; NaN for empty clusters. */
  means(into: Float64Array): void {
    const { columns } = this.#matrix;
    for (let j = 0; j < this.counts.length; j++) {
      for (let c = 0; c < columns; c++) into[j * columns + c] = this.#sums[j * columns + c]! / this.counts[j]!;
    }
  }

  /** @param centroids `[clusters, columns]` */
  potential(centroids: Float64Array): Potential {
    const { columns } = this.#matrix;
    let value = 0;
    let terms = 0;
    for (let at = 0; at < centroids.length; at++) {
      const own = this.counts[Math.floor(at / columns)]! * centroids[at]! * centroids[at]!;
      const cross = 2 * centroids[at]! * this.#sums[at]!;
      value += own - cross;
      terms += own + Math.abs(cross);
    }
    return { value, error: ROUNDING * terms };
  }

  copy(): ClusterSums {
    return new ClusterSums(this.#matrix, this.#sums.slice(), this.counts.slice(), null);
  }

  #addRow(row: number, cluster: number): void {
    if (this.#kernel !== null) {
      this.#kernel.addRow(row, cluster, 1);
      return;
    }
    const { columns, data } = this.#matrix;
    for (let c = 0; c < columns; c++) this.#sums[cluster * columns + c]! += data[row * columns + c]!;
  }

  #subtractRow(row: number, cluster: number): void {
    if (this.#kernel !== null) {
      this.#kernel.addRow(row, cluster, -1);
      return;
    }
    const { columns, data } = this.#matrix;
    for (let c = 0; c < columns; c++) this.#sums[cluster * columns + c]! -= data[row * columns + c]!;
  }
}

/**
 * Fills empty clusters by scikit-learn's rule: each takes the row that is farthest from its own centroid. No cluster
 * loses its last row.
 * @param sums sums of the clusters by these labels; not changed
 * @param squares `[rows]`: squared distance of each row to its own centroid
 * @returns the sums afterwards
 */
export function fillEmptyClusters(sums: ClusterSums, labels: Int32Array, squares: Float64Array): ClusterSums {
  const filled = sums.copy();
  const { counts } = filled;
  const farthestFirst = Array.from(labels.keys()).sort((a, b) => squares[b]! - squares[a]! || a - b);
  let next = 0;
  for (let empty = 0; empty < counts.length; empty++) {
    if (counts[empty] !== 0) continue;
    while (counts[labels[farthestFirst[next]!]!]! < 2) next++;
    const taken = farthestFirst[next++]!;
    filled.move(taken, labels[taken]!, empty);
  }
  return filled;
}
