/** The WebAssembly kernel for the values of a Gaussian kernel (`assembly/gaussian.ts`), and its memory. */
import { reserve, SharedKernel, type WasmMemory } from '../../../base/wasm/index.js';
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
