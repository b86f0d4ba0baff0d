/**
 * Lloyd's k-means iteration with Elkan's bounds: C. Elkan, "Using the triangle inequality to accelerate k-means" (ICML
 * 2003). Bounds are compared with a slack that covers their rounding errors, so ties go to the lowest index, as in
 * plain Lloyd. Empty clusters and the stop follow scikit-learn's `KMeans`. Memory: 8 · rows · clusters bytes.
 */
import { squaredDistance } from '../linear/distance.js';
import type { Matrix64 } from '../linear/matrix.js';
import type { KernelRows } from './kernel/kernel-rows.js';
import {
  type Bounds,
  ClusterSums,
  fillEmptyClusters,
  type KnownDistances,
  type LloydOptions,
  type LloydResult,
  type Potential,
  ROUNDING,
  reassign,
} from './lloyd.js';

/** Bound on the bounds' rounding errors over all iterations, as a share of the largest distance. */
const SLACK = 1e-12;

/**
 * @param matrix `[rows, columns]` of usable values, at least one row
 * @param start `[clusters, columns]`, is not changed
 * @param known distances of the rows to these centroids; they change only the time
 */
export function elkan(
  matrix: Matrix64,
  start: Float64Array,
  options: LloydOptions,
  known: KnownDistances = distancesToFirst(matrix, start),
): LloydResult {
  const state = new Elkan(matrix, start, known, options.kernel ?? null);
  return state.result(state.iterate(options));
}

/** The same result if its inertia is below `limit`, else null, usually without a last look at every row. */
export function elkanBelow(
  limit: number,
  matrix: Matrix64,
  start: Float64Array,
  options: LloydOptions,
  known: KnownDistances,
): LloydResult | null {
  const state = new Elkan(matrix, start, known, options.kernel ?? null);
  const run = state.iterate(options);
  if (state.leastInertia() >= limit) return null;
  const result = state.result(run);
  return result.inertia < limit ? result : null;
}

function distancesToFirst({ rows, columns, data }: Matrix64, centroids: Float64Array): KnownDistances {
  const squares = new Float64Array(rows);
  for (let i = 0; i < rows; i++) squares[i] = squaredDistance(data, i * columns, centroids, 0, columns);
  return { labels: new Int32Array(rows), squares, others: null };
}

class Elkan implements Bounds {
  readonly centroids: Float64Array;
  readonly labels: Int32Array;
  readonly upper: Float64Array;
  /** Lower bounds, from which `moved` still has to be subtracted. */
  readonly lower: Float64Array;
  readonly half: Float64Array;
  readonly halfGap: Float64Array;
  /** `[clusters]`: path length of each centroid with a kernel; 0 without. */
  readonly #moved: Float64Array;
  readonly #clusters: number;
  readonly #sums: ClusterSums;
  #relocated = false;
  #slack = 0;
  #inertia = 0;
  #potential: Potential = { value: 0, error: 0 };
  readonly #matrix: Matrix64;
  readonly #kernel: KernelRows | null;

  constructor(matrix: Matrix64, start: Float64Array, known: KnownDistances, kernel: KernelRows | null) {
    this.#matrix = matrix;
    this.#kernel = kernel;
    const { rows, columns } = matrix;
    this.#clusters = start.length / columns;
    kernel?.begin(start);
    this.#sums = ClusterSums.of(matrix, this.#clusters, kernel);
    this.centroids = kernel?.memory.centroids ?? start.slice();
    this.labels = kernel?.memory.labels ?? new Int32Array(rows);
    this.upper = kernel?.memory.upper ?? new Float64Array(rows);
    this.lower = kernel?.memory.lower ?? new Float64Array(rows * this.#clusters);
    this.#moved = kernel?.memory.moved ?? new Float64Array(this.#clusters);
    this.half = kernel?.memory.half ?? new Float64Array(this.#clusters * this.#clusters);
    this.halfGap = kernel?.memory.halfGap ?? new Float64Array(this.#clusters);
    this.#begin(known);
  }

  iterate({ maxIterations, tolerance }: LloydOptions): { iterations: number; converged: boolean } {
    let iterations = 0;
    let converged = false;
    while (!converged && iterations < maxIterations) {
      iterations++;
      const shift = this.#moveCentroids();
      const changed = this.#reassign();
      converged = shift <= tolerance || (changed === 0 && !this.#relocated);
    }
    return { iterations, converged };
  }

  result(run: { iterations: number; converged: boolean }): LloydResult {
    const squares = this.#squares();
    return {
      centroids: this.centroids.slice(),
      labels: this.labels.slice(),
      squares,
      others: this.#others(squares),
      inertia: squares.reduce((sum, square) => sum + square, 0),
      ...run,
    };
  }

  /** A lower bound of the inertia: Σ ‖row‖² stays the same, and the rest comes from the sums of the clusters. */
  leastInertia(): number {
    const { value, error } = this.#sums.potential(this.centroids);
    const inertia = this.#inertia;
    const potential = this.#potential;
    return inertia + (value - potential.value) - (error + potential.error + ROUNDING * inertia);
  }

  /** Turns what is known into exact labels and bounds. */
  #begin({ labels, squares, others }: KnownDistances): void {
    const { lower, upper } = this;
    const clusters = this.#clusters;
    let largest = 0;
    this.labels.set(labels);
    for (let i = 0; i < labels.length; i++) {
      upper[i] = Math.sqrt(squares[i]!);
      largest = Math.max(largest, upper[i]!);
      this.#inertia += squares[i]!;
      // The slack of the comparisons covers the rounding of these roots.
      if (others !== null) lower.fill(Math.sqrt(others[i]!), i * clusters, (i + 1) * clusters);
    }
    this.#sums.addAll(labels);
    this.#potential = this.#sums.potential(this.centroids);
    this.#measureCentroids();
    for (const distance of this.half) largest = Math.max(largest, 2 * distance);
    this.#slack = SLACK * largest;
    this.#reassign();
  }

  /** Moves the centroids to the means of their rows, and the bounds with them. Returns Σ ‖shift‖². */
  #moveCentroids(): number {
    const { centroids } = this;
    const clusters = this.#clusters;
    const { columns } = this.#matrix;
    const before = centroids.slice();
    this.#relocated = this.#sums.counts.includes(0);
    // The labels of the rows that fill empty clusters follow in the next `reassign`.
    const sums = this.#relocated ? fillEmptyClusters(this.#sums, this.labels, this.#squares()) : this.#sums;
    sums.means(centroids);
    const shifts = new Float64Array(clusters);
    let total = 0;
    for (let j = 0; j < clusters; j++) {
      const square = squaredDistance(before, j * columns, centroids, j * columns, columns);
      total += square;
      shifts[j] = Math.sqrt(square);
    }
    this.#moveBounds(shifts);
    this.#measureCentroids();
    return total;
  }

  #reassign(): number {
    const kernel = this.#kernel;
    const matrix = this.#matrix;
    const slack = this.#slack;
    const changes = kernel === null ? reassign(matrix, this, slack) : kernel.reassign(slack);
    for (let at = 0; at < changes.length; at += 2) {
      const row = changes[at]!;
      this.#sums.move(row, changes[at + 1]!, this.labels[row]!);
    }
    return changes.length / 2;
  }

  #squares(): Float64Array {
    if (this.#kernel?.isExact) return this.#kernel.squaresToOwn();
    return Float64Array.from(this.labels, (label, i) => this.#squareToCentroid(i, label));
  }

  /** `[rows]`: a lower bound of the squared distance to any other centroid. */
  #others(squares: Float64Array): Float64Array {
    const { labels, lower, half } = this;
    const clusters = this.#clusters;
    const moved = this.#moved;
    const slack = this.#slack;
    return squares.map((square, i) => {
      const own = labels[i]!;
      const distance = Math.sqrt(square);
      let least = Number.POSITIVE_INFINITY;
      for (let j = 0; j < clusters; j++) {
        if (j === own) continue;
        const bound = Math.max(lower[i * clusters + j]! - moved[j]!, 2 * half[own * clusters + j]! - distance);
        if (bound < least) least = bound;
      }
      return Math.max(0, least - slack) ** 2;
    });
  }

  #squareToCentroid(i: number, cluster: number): number {
    const { columns, data } = this.#matrix;
    return squaredDistance(data, i * columns, this.centroids, cluster * columns, columns);
  }

  #measureCentroids(): void {
    const { half, halfGap, centroids } = this;
    const clusters = this.#clusters;
    const { columns } = this.#matrix;
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

  #moveBounds(shifts: Float64Array): void {
    const { labels, upper, lower } = this;
    const clusters = this.#clusters;
    if (this.#kernel !== null) {
      this.#kernel.moveBounds(shifts);
      return;
    }
    for (let i = 0; i < labels.length; i++) {
      upper[i]! += shifts[labels[i]!]!;
      for (let j = 0; j < clusters; j++) lower[i * clusters + j]! -= shifts[j]!;
    }
  }
}
