/** The arrays that the kernel works on, laid out in its memory. */
import { KernelFile, PAGE, type WasmMemory } from '../../../base/wasm/index.js';

/**
 * Loads the WebAssembly kernel (`assembly/kernel.ts`). Its file lies beside this code and is compiled once, on first
 * use.
 */
export interface KernelExports {
  memory: WasmMemory;
  reassign(
    rowCount: number,
    clusters: number,
    rowBytes: number,
    rows: number,
    centroids: number,
    labels: number,
    uppers: number,
    lowers: number,
    shifts: number,
    moved: number,
    half: number,
    halfGap: number,
    changes: number,
    slack: number,
    relative: number,
    absolute: number,
  ): number;
  squares(
    rowCount: number,
    columns: number,
    rowBytes: number,
    rows: number,
    vectors: number,
    labels: number,
    out: number,
  ): void;
  addRow(row: number, columns: number, sum: number, sign: number): void;
  addRows(rowCount: number, columns: number, rowBytes: number, rows: number, labels: number, sums: number): void;
  closestWith(
    rowCount: number,
    trials: number,
    columns: number,
    rowBytes: number,
    rows: number,
    trials32: number,
    trials64: number,
    toCentres: number,
    stride: number,
    nearest: number,
    closest: number,
    relative: number,
    absolute: number,
    out: number,
  ): void;
  secondSquares(
    rowCount: number,
    clusters: number,
    columns: number,
    rowBytes: number,
    rows: number,
    centroids32: number,
    centroids64: number,
    neighbours: number,
    apart: number,
    labels: number,
    squares: number,
    relative: number,
    absolute: number,
    out: number,
  ): void;
}

const kernelFile = new KernelFile<KernelExports>(new URL('../kernel.wasm', import.meta.url));

/**
 * Makes an instance with its own memory.
 *
 * @param exactSquare squared distance of a row to a centroid in float64
 * @returns null if the processor or the runtime has no WebAssembly SIMD; plain loops then do the same work
 */
export function instantiateKernel(exactSquare: (row: number, centroid: number) => number): KernelExports | null {
  return kernelFile.instantiate({ kernel: { exactSquare } });
}

/** Half of what a WebAssembly memory can address. */
const MAX_BYTES = 2 ** 31;

export class KernelMemory {
  /** `[rows, stride]`, padded with zeros. */
  readonly rows32: Float32Array;
  /** `[clusters, stride]`. */
  readonly centroids32: Float32Array;
  /** `[rows, clusters]`: lower bounds, each increased by the path length of its centroid (`moved`). */
  readonly lower: Float64Array;
  /** `[rows]`. */
  readonly upper: Float64Array;
  /** `[rows]`. */
  readonly scratch: Float64Array;
  /** `[rows, 2]`: the same memory as `scratch`. */
  readonly changes: Int32Array;
  /** `[clusters, clusters]`. */
  readonly half: Float64Array;
  /** `[clusters, clusters]`. */
  readonly neighbours: Int32Array;
  /** `[clusters, columns]`. */
  readonly centroids: Float64Array;
  /** `[clusters, columns]`. */
  readonly sums: Float64Array;
  /** `[columns]`. */
  readonly vector: Float64Array;
  /** `[clusters]`. */
  readonly halfGap: Float64Array;
  /** `[clusters]`: last shift of each centroid. */
  readonly shifts: Float64Array;
  /** `[clusters]`: path length of each centroid since the start. */
  readonly moved: Float64Array;
  /** `[rows]`. */
  readonly labels: Int32Array;

  static fits(rows: number, columns: number, clusters: number): boolean {
    return memoryBytes(rows, padded(columns), clusters) <= MAX_BYTES;
  }

  constructor({ memory }: KernelExports, rows: number, columns: number, clusters: number) {
    const stride = padded(columns);
    let at = memory.buffer.byteLength;
    memory.grow(Math.ceil(memoryBytes(rows, stride, clusters) / PAGE));
    const { buffer } = memory;
    const place = (bytes: number) => {
      const start = at;
      at += Math.ceil(bytes / 64) * 64;
      return start;
    };
    const floats = (length: number) => new Float32Array(buffer, place(4 * length), length);
    const doubles = (length: number) => new Float64Array(buffer, place(8 * length), length);
    const integers = (length: number) => new Int32Array(buffer, place(4 * length), length);
    this.rows32 = floats(rows * stride);
    this.centroids32 = floats(clusters * stride);
    this.lower = doubles(rows * clusters);
    this.upper = doubles(rows);
    this.scratch = doubles(rows);
    this.changes = new Int32Array(buffer, this.scratch.byteOffset, 2 * rows);
    this.half = doubles(clusters * clusters);
    this.neighbours = integers(clusters * clusters);
    this.centroids = doubles(clusters * columns);
    this.sums = doubles(clusters * columns);
    this.vector = doubles(columns);
    this.halfGap = doubles(clusters);
    this.shifts = doubles(clusters);
    this.moved = doubles(clusters);
    this.labels = integers(rows);
  }
}

/** Bytes of all arrays, each rounded up to 64. */
function memoryBytes(rows: number, stride: number, clusters: number): number {
  return (
    4 * stride * (rows + clusters) +
    8 * (rows + clusters) * (clusters + 3) +
    4 * (clusters * clusters + rows) +
    8 * stride * (2 * clusters + 1) +
    14 * 64
  );
}

// Copies vectors to float32, padded for the kernel's loops, and bounds how far the copies are from the originals.
//
// Values are expected to be at most `MAX_VALUE`; this is not a general rounding routine.

/** The unit roundoff u of float32. */
export const UNIT_ROUNDOFF = 2 ** -24;
/**
 * Values per step of the kernel's loop. Vectors are padded to a multiple of it with zeros, which add nothing to a
 * distance.
 */
export const LANES = 16;
/** Squared differences of such values, summed over `MAX_COLUMNS`, still fit a float32. */
const MAX_VALUE = 1e16;
const MAX_COLUMNS = 65_536;

export const padded = (columns: number) => Math.ceil(columns / LANES) * LANES;

/** True if float32 distances of such vectors stay finite. */
export function fitsFloat32(data: Float64Array, columns: number): boolean {
  if (columns > MAX_COLUMNS) return false;
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]!));
  return largest <= MAX_VALUE;
}

/** Copies vectors to float32. Returns a bound on the distance that this moved any of them. */
export function copyPadded(from: Float64Array, columns: number, to: Float32Array, stride: number): number {
  let largest = 0;
  for (let i = 0, start = 0; start < from.length; i++, start += columns) {
    let isExact = true;
    for (let c = 0; c < columns; c++) {
      const value = from[start + c]!;
      const rounded = Math.fround(value);
      to[i * stride + c] = rounded;
      if (rounded !== value) isExact = false;
    }
    if (!isExact) largest = Math.max(largest, squaredNorm(from, start, columns), Number.MIN_VALUE);
  }
  // Values that underflow move by less than the smallest float32 each.
  return UNIT_ROUNDOFF * 1.001 * Math.sqrt(largest) + (largest > 0 ? Math.sqrt(columns) * 2 ** -149 : 0);
}

function squaredNorm(data: Float64Array, start: number, columns: number): number {
  let square = 0;
  for (let c = 0; c < columns; c++) square += data[start + c]! ** 2;
  return square;
}
