/**
 * Sums and counts of the rows in each cluster, updated as rows move, and the means that follow from them.
 *
 * Sums of float32 values in float64 are exact for all practical ranges (24 of 53 bits), so a row that comes and goes
 * leaves no error behind.
 */
import type { Matrix64 } from '../linear/matrix.js';
import type { KernelRows } from './kernel/kernel-rows.js';

/** Σ (‖row − centroid‖² − ‖row‖²) over all rows, and a bound on its rounding error. */
export interface Potential {
  value: number;
  error: number;
}

/** Bound on the rounding error of a sum over at most 10⁷ rows, as a share of its terms. */
export const ROUNDING = 1e-9;

export class ClusterSums {
  /** Sums of clusters that are all empty. */
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
 *
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
