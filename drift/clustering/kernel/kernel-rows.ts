/**
 * The rows of k-means in float32, in the memory of the WebAssembly kernel, with Elkan's bounds. The kernel only rules
 * out what float32 can within a proven error bound; `squaredDistance` measures the rest, so labels are the same.
 *
 * The bound: u = 2⁻²⁴ is the unit roundoff of float32. A sum of squared differences, m terms in each of 16 lanes and
 * then four additions across lanes, has a relative error of at most (m + 8) u to first order (N. Higham, "Accuracy and
 * stability of numerical algorithms", chapter 3); its root has half of that. The code uses the whole, which covers
 * higher orders. Rounding the vectors moves a distance by at most u (‖row‖ + ‖centroid‖); squares that underflow, by
 * 2⁻¹⁵⁰ each.
 */
import { squaredDistance } from '../../linear/distance.js';
import type { Matrix64 } from '../../linear/matrix.js';
import {
  copyPadded,
  fitsFloat32,
  fitsMemory,
  instantiateKernel,
  type KernelExports,
  type KernelMemory,
  LANES,
  layOut,
  padded,
  UNIT_ROUNDOFF,
} from './kernel-memory.js';

/** Rows × columns × clusters below which the kernel's own memory costs more than it saves. */
const LEAST_WORK = 2 ** 18;

export class KernelRows {
  /** True if every value is a float32, so that the kernel has the rows themselves. */
  readonly isExact: boolean;
  /** Memory in which `Elkan` keeps its sums and bounds. */
  readonly memory: KernelMemory;
  readonly #matrix: Matrix64;
  readonly #clusters: number;
  readonly #kernel: KernelExports;
  readonly #rowBytes: number;
  readonly #relative: number;
  /** Absolute error of a distance that comes from rounding the rows. */
  readonly #rowError: number;

  /** Returns null if the kernel cannot help: no SIMD, too little work, too much memory, or values beyond float32. */
  static of(matrix: Matrix64, clusters: number): KernelRows | null {
    const { rows, columns, data } = matrix;
    if (rows * columns * clusters < LEAST_WORK || !fitsMemory(rows, columns, clusters)) return null;
    if (!fitsFloat32(data, columns)) return null;
    let exactSquare = (_row: number, _centroid: number) => 0;
    const kernel = instantiateKernel((row, centroid) => exactSquare(row, centroid));
    if (kernel === null) return null;
    const made = new KernelRows(matrix, clusters, kernel);
    const { centroids } = made.memory;
    exactSquare = (row, centroid) => squaredDistance(data, row * columns, centroids, centroid * columns, columns);
    return made;
  }

  private constructor(matrix: Matrix64, clusters: number, kernel: KernelExports) {
    const { rows, columns, data } = matrix;
    this.#matrix = matrix;
    this.#clusters = clusters;
    this.#kernel = kernel;
    this.memory = layOut(kernel, rows, columns, clusters);
    const stride = padded(columns);
    this.#rowBytes = 4 * stride;
    this.#relative = (stride / LANES + 8) * UNIT_ROUNDOFF;
    const rounding = copyPadded(data, columns, this.memory.rows32, stride);
    this.isExact = rounding === 0;
    this.#rowError = rounding + Math.sqrt(stride) * 2 ** -74;
  }

  /** Starts again from these centroids, with nothing known of the rows. */
  begin(start: Float64Array): void {
    const { centroids, lower, half, shifts, moved } = this.memory;
    centroids.set(start);
    lower.fill(0);
    half.fill(0);
    shifts.fill(0);
    moved.fill(0);
  }

  /**
   * Assigns every row to its nearest centroid and updates `labels` and the bounds. Ties go to the lowest index.
   * @returns `[changed, 2]`: each row that changed, with its label before; valid until the next call
   */
  reassign(slack: number): Int32Array {
    const { rows32, centroids32, labels, upper, lower, half, halfGap, shifts, moved, changes } = this.memory;
    // An infinite bound on the own centroid lets the kernel pass four centroids at once.
    for (let j = 0; j < this.#clusters; j++) half[j * (this.#clusters + 1)] = Number.POSITIVE_INFINITY;
    const absolute = this.#roundCentroids();
    const arrays = at(rows32, centroids32, labels, upper, lower, shifts, moved, half, halfGap, changes);
    const numbers = [this.#matrix.rows, this.#clusters, this.#rowBytes, ...arrays, slack, this.#relative, absolute];
    const changed = this.#kernel.reassign(...numbers);
    return changes.subarray(0, 2 * changed);
  }

  /**
   * Upper bounds grow by the shift of their centroid, in the next `reassign`; lower bounds shrink by that of theirs.
   */
  moveBounds(shifts: Float64Array): void {
    const { moved } = this.memory;
    this.memory.shifts.set(shifts);
    for (let j = 0; j < shifts.length; j++) moved[j]! += shifts[j]!;
  }

  /** `[rows]`: squared distances to the centroids of the labels. Needs exact rows. */
  squaresToOwn(): Float64Array {
    return this.#squares(this.memory.centroids, this.memory.labels.byteOffset);
  }

  /** `[rows]`: squared distances to a row. Needs exact rows. */
  squaresToRow(row: number): Float64Array {
    const { data, columns } = this.#matrix;
    this.memory.vector.set(data.subarray(row * columns, (row + 1) * columns));
    return this.#squares(this.memory.vector, 0);
  }

  #squares(vectors: Float64Array, labels: number): Float64Array {
    const { rows32, scratch } = this.memory;
    const { rows, columns } = this.#matrix;
    this.#kernel.squares(rows, columns, this.#rowBytes, ...at(rows32, vectors), labels, scratch.byteOffset);
    return scratch.slice();
  }

  /** Adds a row to the sum of a cluster (`sign` 1) or takes it away (-1). Needs exact rows. */
  addRow(row: number, cluster: number, sign: 1 | -1): void {
    const { rows32, sums } = this.memory;
    const { columns } = this.#matrix;
    const start = rows32.byteOffset + this.#rowBytes * row;
    this.#kernel.addRow(start, columns, sums.byteOffset + 8 * columns * cluster, sign);
  }

  /** Adds every row to the sum of its cluster. Needs exact rows. */
  addRows(): void {
    const { rows32, labels, sums } = this.memory;
    const { rows, columns } = this.#matrix;
    this.#kernel.addRows(rows, columns, this.#rowBytes, ...at(rows32, labels, sums));
  }

  /**
   * Squared distances of rows to the nearest centre, were the candidate one, too. Overwrites the bounds.
   * @param candidates at most as many as clusters
   * @param toCentres `[candidates][centres]`: squared distances
   * @returns `[candidates][rows]`, valid until the next call
   */
  closestWith(
    candidates: readonly number[],
    nearest: Int32Array,
    closest: Float64Array,
    toCentres: readonly Float64Array[],
  ): Float64Array[] {
    const { rows32, centroids32, centroids, half, labels, scratch, lower } = this.memory;
    const { rows, columns, data } = this.#matrix;
    for (const [t, row] of candidates.entries()) {
      centroids.set(data.subarray(row * columns, (row + 1) * columns), t * columns);
      half.set(toCentres[t]!, t * this.#clusters);
    }
    const absolute = this.#roundCentroids(candidates.length);
    labels.set(nearest);
    scratch.set(closest);
    this.#kernel.closestWith(
      ...[rows, candidates.length, columns, this.#rowBytes, ...at(rows32, centroids32)],
      ...[this.#exact(centroids), half.byteOffset, this.#clusters, ...at(labels, scratch)],
      ...[this.#relative, absolute, lower.byteOffset],
    );
    return candidates.map((_, t) => lower.subarray(t * rows, (t + 1) * rows));
  }

  /**
   * `[rows]`: squared distance to the nearest centroid other than the own. Overwrites the bounds.
   * @param neighbours `[clusters][clusters - 1]`: for each centroid the others, nearest first
   * @param apart their distances
   */
  secondSquares(
    { centroids, labels, squares }: { centroids: Float64Array; labels: Int32Array; squares: Float64Array },
    neighbours: readonly Int32Array[],
    apart: readonly Float64Array[],
  ): Float64Array {
    const { rows32, centroids32, neighbours: near, half, labels: own, upper, scratch, ...memory } = this.memory;
    const clusters = this.#clusters;
    memory.centroids.set(centroids);
    own.set(labels);
    upper.set(squares);
    for (let j = 0; j < clusters; j++) {
      near.set(neighbours[j]!, j * (clusters - 1));
      half.set(apart[j]!, j * (clusters - 1));
    }
    const absolute = this.#roundCentroids();
    const { rows, columns } = this.#matrix;
    this.#kernel.secondSquares(
      ...[rows, clusters, columns, this.#rowBytes, ...at(rows32, centroids32), this.#exact(memory.centroids)],
      ...[...at(near, half, own, upper), this.#relative, absolute, scratch.byteOffset],
    );
    return scratch.slice();
  }

  /** Where the kernel finds exact vectors; 0 where the rows are not exact. */
  #exact(vectors: Float64Array): number {
    return this.isExact ? vectors.byteOffset : 0;
  }

  /** Copies the first centroids to float32. Returns the absolute error of distances to them. */
  #roundCentroids(count = this.#clusters): number {
    const { centroids, centroids32 } = this.memory;
    const { columns } = this.#matrix;
    const vectors = centroids.subarray(0, count * columns);
    return this.#rowError + copyPadded(vectors, columns, centroids32, this.#rowBytes / 4);
  }
}

function at(...arrays: ArrayBufferView[]): number[] {
  return arrays.map(({ byteOffset }) => byteOffset);
}
