/**
 * Lloyd's k-means iteration with Elkan's bounds: the result of plain Lloyd, at a fraction of the distances.
 *
 * Source: C. Elkan, "Using the triangle inequality to accelerate k-means" (ICML 2003). One change: bounds are compared
 * with a slack that covers their rounding errors, so that near-ties are decided by the distances themselves and ties go
 * to the lowest index, as in plain Lloyd. Empty clusters and the stopping rule follow scikit-learn's `KMeans`.
 *
 * Memory: 8 · rows · clusters bytes for the lower bounds.
 */
import { squaredDistance } from './distance.js';
import type { KernelRows } from './kernel/kernel-rows.js';
import type { Matrix64 } from './matrix.js';

export interface LloydOptions {
  maxIterations: number;
  /** Stops when Σ ‖shift of a centroid‖² is no more than this; 0 goes on until no row changes its cluster. */
  tolerance: number;
  /** The same rows in the WebAssembly kernel; changes the time alone. Its bounds are overwritten. */
  kernel?: KernelRows | null;
}

export interface LloydResult {
  /** `[clusters, columns]`. */
  centroids: Float64Array;
  /** `[rows]`: nearest of these centroids, ties to the lowest index. */
  labels: Int32Array;
  /** `[rows]`: squared distance to that centroid. */
  squares: Float64Array;
  /** Σ of `squares`. */
  inertia: number;
  iterations: number;
  /** False when `maxIterations` ended it. */
  converged: boolean;
}

/** What is known of the rows before the first iteration, so that it need not be measured again. */
export interface KnownDistances {
  /** `[rows]`: a centroid that is near, best the nearest. */
  labels: Int32Array;
  /** `[rows]`: squared distance to it, as `squaredDistance` gives it. */
  squares: Float64Array;
  /** `[rows]`: no more than the squared distance to any other centroid; null where nothing is known of those. */
  others: Float64Array | null;
}

/** Share of the largest distance that rounding errors of the bounds stay below, over any number of iterations allowed. */
const SLACK = 1e-12;

/**
 * @param matrix `[rows, columns]` of usable values, at least one row
 * @param start `[clusters, columns]`, is not changed
 * @param known of the rows and these centroids; changes the time alone
 */
export function elkan(
  matrix: Matrix64,
  start: Float64Array,
  options: LloydOptions,
  known: KnownDistances = distancesToFirst(matrix, start),
): LloydResult {
  const state = new Elkan(matrix, start, options.kernel ?? null);
  state.begin(known);
  let iterations = 0;
  let converged = false;
  while (!converged && iterations < options.maxIterations) {
    iterations++;
    const shift = state.moveCentroids();
    const changed = state.reassign();
    converged = shift <= options.tolerance || (changed === 0 && !state.relocated);
  }
  const squares = state.squares();
  const inertia = squares.reduce((sum, square) => sum + square, 0);
  return { centroids: state.centroids.slice(), labels: state.labels.slice(), squares, inertia, iterations, converged };
}

function distancesToFirst({ rows, columns, data }: Matrix64, centroids: Float64Array): KnownDistances {
  const squares = new Float64Array(rows);
  for (let i = 0; i < rows; i++) squares[i] = squaredDistance(data, i * columns, centroids, 0, columns);
  return { labels: new Int32Array(rows), squares, others: null };
}

class Elkan {
  readonly centroids: Float64Array;
  readonly labels: Int32Array;
  /** Whether the last move had to fill an empty cluster. */
  relocated = false;
  private readonly clusters: number;
  /** Sums and counts of the rows in each cluster, kept up to date as rows move. */
  private readonly sums: Float64Array;
  private readonly counts: Float64Array;
  /** `[rows]`: no less than the distance to the own centroid. */
  private readonly upper: Float64Array;
  /** `[rows, clusters]`: no more than the distance to each centroid. */
  private readonly lower: Float64Array;
  /** `[clusters, clusters]`: half the distance between two centroids. */
  private readonly half: Float64Array;
  /** `[clusters]`: the smallest of `half`. */
  private readonly halfGap: Float64Array;
  private slack = 0;

  constructor(
    private readonly matrix: Matrix64,
    start: Float64Array,
    private readonly kernel: KernelRows | null,
  ) {
    const { rows, columns } = matrix;
    this.clusters = start.length / columns;
    kernel?.begin(start);
    this.centroids = kernel?.centroids ?? start.slice();
    this.sums = kernel?.sums ?? new Float64Array(start.length);
    this.counts = new Float64Array(this.clusters);
    this.labels = kernel?.labels ?? new Int32Array(rows);
    this.upper = kernel?.upper ?? new Float64Array(rows);
    this.lower = kernel?.lower ?? new Float64Array(rows * this.clusters);
    this.half = kernel?.half ?? new Float64Array(this.clusters * this.clusters);
    this.halfGap = kernel?.halfGap ?? new Float64Array(this.clusters);
  }

  /** From what is known to exact labels and bounds. */
  begin({ labels, squares, others }: KnownDistances): void {
    const { clusters, lower, upper } = this;
    let largest = 0;
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i]!;
      this.labels[i] = label;
      upper[i] = Math.sqrt(squares[i]!);
      largest = Math.max(largest, upper[i]!);
      // The slack of the comparisons covers the rounding of these roots.
      if (others !== null) lower.fill(Math.sqrt(others[i]!), i * clusters, (i + 1) * clusters);
      this.join(i, label);
    }
    this.measureCentroids();
    for (const distance of this.half) largest = Math.max(largest, 2 * distance);
    this.slack = SLACK * largest;
    this.reassign();
  }

  /** Centroids become the means of their rows; the bounds follow. Gives Σ ‖shift‖². */
  moveCentroids(): number {
    const { clusters, centroids } = this;
    const { columns } = this.matrix;
    const before = centroids.slice();
    this.relocated = this.counts.includes(0);
    if (this.relocated) this.fillEmptyClusters();
    else this.toMeans(this.sums, this.counts);
    const shifts = new Float64Array(clusters);
    let total = 0;
    for (let j = 0; j < clusters; j++) {
      const square = squaredDistance(before, j * columns, centroids, j * columns, columns);
      total += square;
      shifts[j] = Math.sqrt(square);
    }
    this.moveBounds(shifts);
    this.measureCentroids();
    return total;
  }

  /** Gives every row to its nearest centroid, and says how many changed. */
  reassign(): number {
    if (this.kernel === null) return this.reassignPlainly();
    const before = this.labels.slice();
    this.kernel.reassign(this.slack);
    let changed = 0;
    for (let i = 0; i < before.length; i++) {
      const label = this.labels[i]!;
      if (label === before[i]) continue;
      this.leave(i, before[i]!);
      this.join(i, label);
      changed++;
    }
    return changed;
  }

  private reassignPlainly(): number {
    const { clusters, centroids, labels, upper, lower, half, halfGap, slack } = this;
    const { rows, columns, data } = this.matrix;
    let changed = 0;
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
      if (best !== label) {
        this.leave(i, label);
        this.join(i, best);
        labels[i] = best;
        changed++;
      }
    }
    return changed;
  }

  /** `[rows]`: squared distance to the own centroid. */
  squares(): Float64Array {
    if (this.kernel?.isExact) return this.kernel.squaresToOwn();
    return Float64Array.from(this.labels, (label, i) => this.squareToCentroid(i, label));
  }

  private join(i: number, cluster: number): void {
    if (this.kernel?.isExact) this.kernel.addRow(i, cluster, 1);
    else addRow(this.matrix, i, this.sums, cluster);
    this.counts[cluster]!++;
  }

  private leave(i: number, cluster: number): void {
    if (this.kernel?.isExact) this.kernel.addRow(i, cluster, -1);
    else subtractRow(this.matrix, i, this.sums, cluster);
    this.counts[cluster]!--;
  }

  private toMeans(sums: Float64Array, counts: Float64Array): void {
    const { columns } = this.matrix;
    for (let j = 0; j < this.clusters; j++) {
      for (let c = 0; c < columns; c++) this.centroids[j * columns + c] = sums[j * columns + c]! / counts[j]!;
    }
  }

  /**
   * scikit-learn's rule: each empty cluster takes the row that is farthest from its own centroid, out of the cluster it
   * was in. A cluster is never robbed of its last row. The labels follow in the next `reassign`.
   */
  private fillEmptyClusters(): void {
    const { labels, matrix } = this;
    const sums = this.sums.slice();
    const counts = this.counts.slice();
    const distances = Float64Array.from(labels, (label, i) => this.squareToCentroid(i, label));
    const farthestFirst = Array.from(labels.keys()).sort((a, b) => distances[b]! - distances[a]! || a - b);
    let next = 0;
    for (let empty = 0; empty < this.clusters; empty++) {
      if (counts[empty] !== 0) continue;
      while (counts[labels[farthestFirst[next]!]!]! < 2) next++;
      const taken = farthestFirst[next++]!;
      const from = labels[taken]!;
      addRow(matrix, taken, sums, empty);
      counts[empty]!++;
      subtractRow(matrix, taken, sums, from);
      counts[from]!--;
    }
    this.toMeans(sums, counts);
  }

  private squareToCentroid(i: number, cluster: number): number {
    const { columns, data } = this.matrix;
    return squaredDistance(data, i * columns, this.centroids, cluster * columns, columns);
  }

  private measureCentroids(): void {
    const { clusters, half, halfGap, centroids } = this;
    const { columns } = this.matrix;
    halfGap.fill(Number.POSITIVE_INFINITY);
    for (let a = 0; a < clusters; a++) {
      for (let b = a + 1; b < clusters; b++) {
        const distance = Math.sqrt(squaredDistance(centroids, a * columns, centroids, b * columns, columns)) / 2;
        half[a * clusters + b] = distance;
        half[b * clusters + a] = distance;
        halfGap[a] = Math.min(halfGap[a]!, distance);
        halfGap[b] = Math.min(halfGap[b]!, distance);
      }
    }
  }

  private moveBounds(shifts: Float64Array): void {
    const { clusters, labels, upper, lower } = this;
    if (this.kernel !== null) {
      this.kernel.moveBounds(shifts);
      return;
    }
    for (let i = 0; i < labels.length; i++) {
      upper[i]! += shifts[labels[i]!]!;
      for (let j = 0; j < clusters; j++) lower[i * clusters + j]! -= shifts[j]!;
    }
  }
}

function addRow({ data, columns }: Matrix64, i: number, sums: Float64Array, cluster: number): void {
  for (let c = 0; c < columns; c++) sums[cluster * columns + c]! += data[i * columns + c]!;
}

/**
 * Sums of float32 values in float64 are exact for all practical ranges (24 of 53 bits), so a row that comes and goes
 * leaves no error behind.
 */
function subtractRow({ data, columns }: Matrix64, i: number, sums: Float64Array, cluster: number): void {
  for (let c = 0; c < columns; c++) sums[cluster * columns + c]! -= data[i * columns + c]!;
}
