/**
 * The rows that k-means works on, once more in float32 in the memory of the WebAssembly kernel, with Elkan's bounds.
 *
 * Not a second opinion on distances: the kernel only rules out what float32, with a proven error bound, can rule out.
 * Whatever it leaves open is measured by `squaredDistance`, so labels are the same with the kernel and without.
 *
 * The bound. u = 2⁻²⁴ is the unit roundoff of float32. A sum of m terms in each of 16 lanes, of squared differences,
 * then four additions across lanes, has a relative error of at most (m + 8) u to first order (N. Higham, "Accuracy and
 * stability of numerical algorithms", chapter 3), its root half of that; the whole is taken, which covers higher orders.
 * Rounding the vectors themselves to float32 moves a distance by at most u (‖row‖ + ‖centroid‖); squares that
 * underflow by at most 2⁻¹⁵⁰ each.
 */
import { squaredDistance } from '../distance.js';
import type { Matrix64 } from '../matrix.js';
import { instantiateKernel, type KernelExports } from './kernel-module.js';

const UNIT_ROUNDOFF = 2 ** -24;
/** Values in a unit of the kernel's loop; vectors are padded to it with zeros, which add nothing to a distance. */
const LANES = 16;
const PAGE = 65_536;
/** Half of what a WebAssembly memory can address. Beyond it, plain loops. */
const MAX_BYTES = 2 ** 31;
/** Squared differences of such values, summed over `MAX_COLUMNS`, still fit a float32. */
const MAX_VALUE = 1e16;
const MAX_COLUMNS = 65_536;
/** Rows × columns × clusters below which an own memory costs more than it saves. */
const LEAST_WORK = 2 ** 18;

export class KernelRows {
  /** `[rows]`. */
  readonly labels: Int32Array;
  /** `[rows]`. */
  readonly upper: Float64Array;
  /** `[rows, clusters]`: lower bounds, each with what its centroid has moved since `begin` added. */
  readonly lower: Float64Array;
  /** `[clusters, clusters]`. */
  readonly half: Float64Array;
  /** `[clusters]`. */
  readonly halfGap: Float64Array;
  /** `[clusters, columns]`. */
  readonly centroids: Float64Array;
  /** `[clusters, columns]`. */
  readonly sums: Float64Array;
  /** Whether every value is a float32, so that the kernel has the rows themselves. */
  readonly isExact: boolean;
  private readonly vector: Float64Array;
  /** `[clusters]`: length of the path of each centroid since `begin`. */
  private readonly moved: Float64Array;
  private readonly rows32: Float32Array;
  private readonly centroids32: Float32Array;
  private readonly wanted: Uint8Array;
  private readonly rough: Float64Array;
  private readonly stride: number;
  private readonly relative: number;
  /** Absolute error of a distance that comes from the rows alone. */
  private readonly rowError: number;
  private readonly kernel: KernelExports;

  /** null where the kernel cannot help: no SIMD, too little to do, too much to hold, values beyond float32. */
  static of(matrix: Matrix64, clusters: number): KernelRows | null {
    const { rows, columns, data } = matrix;
    if (rows * columns * clusters < LEAST_WORK || columns > MAX_COLUMNS) return null;
    if (memoryBytes(rows, padded(columns), clusters) > MAX_BYTES) return null;
    if (!(largestOf(data) <= MAX_VALUE)) return null;
    let exactSquare = (_row: number, _centroid: number) => 0;
    const kernel = instantiateKernel((row, centroid) => exactSquare(row, centroid));
    if (kernel === null) return null;
    const self = new KernelRows(matrix, clusters, kernel);
    exactSquare = (row, centroid) => squaredDistance(data, row * columns, self.centroids, centroid * columns, columns);
    return self;
  }

  private constructor(
    private readonly matrix: Matrix64,
    private readonly clusters: number,
    kernel: KernelExports,
  ) {
    const { rows, columns, data } = matrix;
    const stride = padded(columns);
    this.stride = stride;
    this.kernel = kernel;
    const { memory } = kernel;
    let at = memory.buffer.byteLength;
    memory.grow(Math.ceil(memoryBytes(rows, stride, clusters) / PAGE));
    const place = (bytes: number) => {
      const start = at;
      at += Math.ceil(bytes / 64) * 64;
      return start;
    };
    const { buffer } = memory;
    this.rows32 = new Float32Array(buffer, place(4 * rows * stride), rows * stride);
    this.centroids32 = new Float32Array(buffer, place(4 * clusters * stride), clusters * stride);
    this.lower = new Float64Array(buffer, place(8 * rows * clusters), rows * clusters);
    this.upper = new Float64Array(buffer, place(8 * rows), rows);
    this.rough = new Float64Array(buffer, place(8 * rows), rows);
    this.half = new Float64Array(buffer, place(8 * clusters * clusters), clusters * clusters);
    this.centroids = new Float64Array(buffer, place(8 * clusters * columns), clusters * columns);
    this.sums = new Float64Array(buffer, place(8 * clusters * columns), clusters * columns);
    this.vector = new Float64Array(buffer, place(8 * columns), columns);
    this.halfGap = new Float64Array(buffer, place(8 * clusters), clusters);
    this.moved = new Float64Array(buffer, place(8 * clusters), clusters);
    this.labels = new Int32Array(buffer, place(4 * rows), rows);
    this.wanted = new Uint8Array(buffer, place(rows), rows);
    this.relative = (stride / LANES + 8) * UNIT_ROUNDOFF;
    const rounding = copyPadded(data, columns, this.rows32, stride);
    this.isExact = rounding === 0;
    this.rowError = rounding + Math.sqrt(stride) * 2 ** -74;
  }

  /** Gives every row to its nearest centroid, ties to the lowest index; `labels` and the bounds follow. */
  reassign(slack: number): void {
    const { matrix, clusters, stride, rows32, centroids32, labels, upper, lower, half, halfGap } = this;
    // No bound on the own centroid keeps the kernel from passing four centroids at once.
    for (let j = 0; j < clusters; j++) half[j * (clusters + 1)] = Number.POSITIVE_INFINITY;
    const centroidError = copyPadded(this.centroids, matrix.columns, centroids32, stride);
    this.kernel.reassign(
      0,
      matrix.rows,
      clusters,
      4 * stride,
      rows32.byteOffset,
      centroids32.byteOffset,
      labels.byteOffset,
      upper.byteOffset,
      lower.byteOffset,
      this.moved.byteOffset,
      half.byteOffset,
      halfGap.byteOffset,
      slack,
      this.relative,
      this.rowError + centroidError,
    );
  }

  /** Nothing is known of the rows. */
  begin(start: Float64Array): void {
    this.centroids.set(start);
    this.lower.fill(0);
    this.half.fill(0);
    this.moved.fill(0);
    this.sums.fill(0);
  }

  /** Upper bounds grow by the shift of the own centroid, lower ones shrink by that of theirs. */
  moveBounds(shifts: Float64Array): void {
    const { labels, upper, moved } = this;
    for (let i = 0; i < labels.length; i++) upper[i]! += shifts[labels[i]!]!;
    for (let j = 0; j < shifts.length; j++) moved[j]! += shifts[j]!;
  }

  /** `[rows]`: squared distances to the centroids of the labels. Needs exact rows. */
  squaresToOwn(): Float64Array {
    return this.squares(this.centroids, this.labels.byteOffset);
  }

  /** `[rows]`: squared distances to a row. Needs exact rows. */
  squaresToRow(row: number): Float64Array {
    const { data, columns } = this.matrix;
    this.vector.set(data.subarray(row * columns, (row + 1) * columns));
    return this.squares(this.vector, 0);
  }

  /** Adds a row to the sum of a cluster (`sign` 1) or takes it away (-1). Needs exact rows. */
  addRow(row: number, cluster: number, sign: 1 | -1): void {
    const { columns } = this.matrix;
    const start = this.rows32.byteOffset + 4 * this.stride * row;
    this.kernel.addRow(start, columns, this.sums.byteOffset + 8 * columns * cluster, sign);
  }

  private squares(vectors: Float64Array, labels: number): Float64Array {
    const { matrix, stride, rows32, rough } = this;
    this.kernel.squares(
      matrix.rows,
      matrix.columns,
      4 * stride,
      rows32.byteOffset,
      vectors.byteOffset,
      labels,
      rough.byteOffset,
    );
    return rough.slice();
  }

  /**
   * For each candidate, a row, `[rows]`: no more than the squared distance of each row to it, as `squaredDistance` gives
   * that; infinite where it may not be nearer.
   */
  lowerSquaresTo(candidates: readonly number[], mayBeNearer: (t: number, row: number) => boolean): Float64Array[] {
    const { matrix, stride, rows32, wanted, rough, relative, rowError } = this;
    return candidates.map((candidate, t) => {
      for (let i = 0; i < matrix.rows; i++) wanted[i] = mayBeNearer(t, i) ? 1 : 0;
      this.kernel.distancesTo(
        matrix.rows,
        4 * stride,
        rows32.byteOffset,
        rows32.byteOffset + 4 * stride * candidate,
        wanted.byteOffset,
        rough.byteOffset,
      );
      return rough.map((distance) => {
        const least = Math.max(0, distance * (1 - relative) - 2 * rowError);
        // The factor covers the rounding of float64.
        return least * least * (1 - 1e-11);
      });
    });
  }
}

const padded = (columns: number) => Math.ceil(columns / LANES) * LANES;

/** All arrays, each rounded up to 64 bytes. */
function memoryBytes(rows: number, stride: number, clusters: number): number {
  return (
    4 * stride * (rows + clusters) +
    8 * (rows + clusters) * (clusters + 3) +
    5 * rows +
    8 * stride * (2 * clusters + 1) +
    13 * 64
  );
}

function largestOf(data: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]!));
  return largest;
}

/** Copies vectors to float32 and gives the largest distance that this may have moved one. */
function copyPadded(from: Float64Array, columns: number, to: Float32Array, stride: number): number {
  let largest = 0;
  for (let i = 0, start = 0; start < from.length; i++, start += columns) {
    let square = 0;
    let isExact = true;
    for (let c = 0; c < columns; c++) {
      const value = from[start + c]!;
      to[i * stride + c] = value;
      if (Math.fround(value) !== value) isExact = false;
      square += value * value;
    }
    if (!isExact) largest = Math.max(largest, square, Number.MIN_VALUE);
  }
  // Values that underflow move by less than the smallest float32 each.
  return UNIT_ROUNDOFF * 1.001 * Math.sqrt(largest) + (largest > 0 ? Math.sqrt(columns) * 2 ** -149 : 0);
}
