/** The arrays that the kernel works on, laid out in its memory. */
import { PAGE } from '../../../base/wasm/index.js';
import { padded } from './float32-copy.js';
import type { KernelExports } from './kernel-module.js';

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
