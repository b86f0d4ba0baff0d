/** The WebAssembly kernel for the values of a Gaussian kernel (`assembly/gaussian.ts`), and its memory. */
import { reserve, SharedKernel, type WasmMemory } from '../../../base/wasm/index.js';
import { squaredDistance } from '../../linear/distance.js';
import type { Matrix64 } from '../../linear/matrix.js';

interface KernelExports {
  memory: WasmMemory;
  gaussian(
    from: number,
    to: number,
    columns: number,
    rows: number,
    sums: number,
    scratch: number,
    values: number,
    scale: number,
  ): void;
}

/** Rows whose values are computed at a time: they are still in the cache when they are copied out. */
const ROWS_AT_ONCE = 32;
/** The kernel writes up to three values beyond the last one, and their sums elsewhere. */
const SURPLUS_BYTES = 12;
const SCRATCH_BYTES = 32;

const FILE = new URL('../gaussian.wasm', import.meta.url);

export class GaussianKernel {
  static readonly #shared = new SharedKernel<KernelExports, GaussianKernel>(
    FILE,
    (exports) => new GaussianKernel(exports),
  );

  /** Null if the processor or the runtime has no WebAssembly SIMD; plain loops then do the same work. */
  static get(): GaussianKernel | null {
    return GaussianKernel.#shared.get();
  }

  readonly #exports: KernelExports;
  /** Where the memory that the module does not use begins. */
  readonly #start: number;

  private constructor(exports: KernelExports) {
    this.#exports = exports;
    this.#start = exports.memory.buffer.byteLength;
  }

  /**
   * Computes the values of the rows from `first` on with all rows before them.
   *
   * @param sums `[rows]`: those of the rows before `first`; each value is added to the sums of both its rows
   * @param values receives the values, row after row
   */
  fill(matrix: Matrix64, first: number, scale: number, sums: Float64Array, values: Int32Array): void {
    const { rows, columns, data } = withEvenColumns(matrix);
    const sumsAt = this.#start + data.byteLength;
    const scratchAt = sumsAt + sums.byteLength;
    const valuesAt = scratchAt + SCRATCH_BYTES;
    reserve(this.#exports.memory, valuesAt + 4 * ROWS_AT_ONCE * rows + SURPLUS_BYTES);
    const { memory, gaussian } = this.#exports;
    new Float64Array(memory.buffer, this.#start, data.length).set(data);
    const ownSums = new Float64Array(memory.buffer, sumsAt, rows);
    ownSums.set(sums);
    let place = 0;
    for (let from = first; from < rows; from += ROWS_AT_ONCE) {
      const to = Math.min(rows, from + ROWS_AT_ONCE);
      gaussian(from, to, columns, this.#start, sumsAt, scratchAt, valuesAt, scale);
      const count = ((to - from) * (from + to - 1)) / 2;
      values.set(new Int32Array(memory.buffer, valuesAt, count), place);
      place += count;
    }
    sums.set(ownSums);
  }
}

/** The kernel takes two columns at a time; one more of zeros changes no distance. */
function withEvenColumns(matrix: Matrix64): Matrix64 {
  const { rows, columns, data } = matrix;
  if (columns % 2 === 0) return matrix;
  const even = new Float64Array(rows * (columns + 1));
  for (let row = 0; row < rows; row++) {
    even.set(data.subarray(row * columns, (row + 1) * columns), row * (columns + 1));
  }
  return { rows, columns: columns + 1, data: even };
}

// The values of a Gaussian kernel for all pairs of rows, as whole numbers: in units of 2^-24, the rounding of a float32 near 1.
// Sums of them are exact, so that they may be added in any order. Only the lower triangle is kept, row after row, so the matrix of the
// first rows is the beginning of that of all: rows that many windows are compared with are multiplied once.

/** What a value of 1 is. */
export const UNIT = 2 ** 24;

export interface KernelMatrix {
  rows: number;
  /** `[rows · (rows − 1) / 2]`: of each row with those before it. */
  values: Int32Array;
  /** `[rows]`: sum over all other rows. */
  sums: Float64Array;
}

/** Where the values of a row begin. */
export function startOf(row: number): number {
  return (row * (row - 1)) / 2;
}

/**
 * exp(-‖x - y‖² / 2σ²) for all pairs, in units of `1 / UNIT`.
 *
 * @param first matrix of the first rows with the same σ, if it is known
 */
export function kernelMatrix(matrix: Matrix64, sigma: number, first: KernelMatrix | null = null): KernelMatrix {
  const { rows } = matrix;
  const scale = -1 / (2 * sigma * sigma);
  const values = new Int32Array(startOf(rows));
  const sums = new Float64Array(rows);
  if (first !== null) {
    values.set(first.values);
    sums.set(first.sums);
  }
  const rest = values.subarray(startOf(first?.rows ?? 0));
  const kernel = GaussianKernel.get();
  if (kernel !== null) kernel.fill(matrix, first?.rows ?? 0, scale, sums, rest);
  else fill(matrix, first?.rows ?? 0, scale, sums, rest);
  return { rows, values, sums };
}

/** What the kernel does, in plain loops. */
export function fill(
  { rows, columns, data }: Matrix64,
  first: number,
  scale: number,
  sums: Float64Array,
  values: Int32Array,
) {
  let place = 0;
  for (let i = first; i < rows; i++) {
    for (let j = 0; j < i; j++) {
      const square = squaredDistance(data, i * columns, data, j * columns, columns);
      const value = Math.round(UNIT * Math.exp(scale * square));
      values[place++] = value;
      sums[i]! += value;
      sums[j]! += value;
    }
  }
}
