import { KernelFile, PAGE, type WasmMemory } from '../../../base/wasm/index.js';

/** A function of the kernel. `assembly/kernel.ts` says what its parameters are. */
type Call = (...numbers: number[]) => number;

export interface KernelExports extends Record<'reassign' | 'squares' | 'addRow' | 'addRows', Call> {
  memory: WasmMemory;
  closestWith: Call;
  secondSquares: Call;
}

const kernelFile = new KernelFile<KernelExports>('dist/drift/clustering/kernel.wasm');

/**
 * Makes an instance with its own memory. The file lies beside this code and is compiled once, on first use.
 * @param exactSquare squared distance of a row to a centroid in float64
 * @returns null if the processor or the runtime has no WebAssembly SIMD; plain loops then do the same work
 */
export function instantiateKernel(exactSquare: (row: number, centroid: number) => number): KernelExports | null {
  return kernelFile.instantiate({ kernel: { exactSquare } });
}

/** Half of what a WebAssembly memory can address. */
const MAX_BYTES = 2 ** 31;

export function fitsMemory(rows: number, columns: number, clusters: number): boolean {
  return memoryBytes(rows, padded(columns), clusters) <= MAX_BYTES;
}

export type KernelMemory = ReturnType<typeof layOut>;

export function layOut({ memory }: KernelExports, rows: number, columns: number, clusters: number) {
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
  const arrays = {
    /** `[rows, stride]`, padded with zeros. */
    rows32: floats(rows * stride),
    centroids32: floats(clusters * stride),
    /** `[rows, clusters]`: lower bounds, each increased by the path length of its centroid (`moved`). */
    lower: doubles(rows * clusters),
    upper: doubles(rows),
    scratch: doubles(rows),
    half: doubles(clusters * clusters),
    neighbours: integers(clusters * clusters),
    centroids: doubles(clusters * columns),
    sums: doubles(clusters * columns),
    vector: doubles(columns),
    halfGap: doubles(clusters),
    /** `[clusters]`: last shift of each centroid. */
    shifts: doubles(clusters),
    /** `[clusters]`: path length of each centroid since the start. */
    moved: doubles(clusters),
    labels: integers(rows),
  };
  /** `[rows, 2]`: the same memory as `scratch`. */
  const changes = new Int32Array(buffer, arrays.scratch.byteOffset, 2 * rows);
  return { ...arrays, changes };
}

function memoryBytes(rows: number, stride: number, clusters: number): number {
  return (
    4 * stride * (rows + clusters) +
    8 * (rows + clusters) * (clusters + 3) +
    4 * (clusters * clusters + rows) +
    8 * stride * (2 * clusters + 1) +
    14 * 64
  );
}

// Copies vectors to float32, padded, and bounds the error. Values are at most `MAX_VALUE`.

/** The unit roundoff u of float32. */
export const UNIT_ROUNDOFF = 2 ** -24;
/** Values per step of the kernel's loop. Vectors are padded to a multiple of it with zeros. */
export const LANES = 16;
/** Squared differences of such values, summed over `MAX_COLUMNS`, still fit a float32. */
const MAX_VALUE = 1e16;
const MAX_COLUMNS = 65_536;

export const padded = (columns: number) => Math.ceil(columns / LANES) * LANES;

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
