/**
 * Gaussian kernel values of all pairs of rows, and their sums over pairs of chosen rows, both in WebAssembly. Values
 * are whole numbers, in units of 2^-24, the rounding of a float32 near 1, so sums are exact in any order. Only the
 * lower triangle is kept, row after row: the matrix of the first rows, which many windows share, begins that of all.
 */
import { reserve, roundUp, SharedKernel, type WasmMemory } from '../../../base/wasm/index.js';
import type { Matrix64 } from '../../linear/matrix.js';

/** What a value of 1 is. */
export const UNIT = 2 ** 24;

export interface KernelMatrix {
  rows: number;
  /** `[rows · (rows − 1) / 2]`: of each row with those before it. */
  values: Int32Array;
  /** `[rows]`: sum over all other rows. */
  sums: Float64Array;
}

export function startOf(row: number): number {
  return (row * (row - 1)) / 2;
}

/** What a module exports. Its file says what the parameters are. */
type Exports<Name extends string> = { memory: WasmMemory } & Record<Name, (...numbers: number[]) => void>;

/** An instance, and where the memory that the module does not use begins. */
function withStart<Name extends string>(exports: Exports<Name>) {
  return { ...exports, start: exports.memory.buffer.byteLength };
}

const gaussianKernel = new SharedKernel('dist/drift/tests/gaussian.wasm', withStart<'gaussian'>);
/** Rows whose values are computed at a time: they are still in the cache when they are copied out. */
const ROWS_AT_ONCE = 32;
/** The kernel writes up to three values beyond the last one, and their sums elsewhere. */
const SURPLUS_BYTES = 12;
const SCRATCH_BYTES = 32;

/**
 * exp(-‖x - y‖² / 2σ²) for all pairs, in units of `1 / UNIT`.
 * @param first matrix of the first rows with the same σ, if it is known
 * @throws CodedError `WEBASSEMBLY_MISSING`, `OUT_OF_MEMORY`
 */
export function kernelMatrix(matrix: Matrix64, sigma: number, first: KernelMatrix | null = null): KernelMatrix {
  const { rows } = matrix;
  const values = new Int32Array(startOf(rows));
  const sums = new Float64Array(rows);
  if (first !== null) {
    values.set(first.values);
    sums.set(first.sums);
  }
  const known = first?.rows ?? 0;
  fillValues(matrix, known, -1 / (2 * sigma * sigma), sums, values.subarray(startOf(known)));
  return { rows, values, sums };
}

/**
 * Computes the values of the rows from `first` on with all rows before them.
 * @param sums `[rows]`: of the rows before `first`; each value is added for both its rows
 */
export function fillValues(matrix: Matrix64, first: number, scale: number, sums: Float64Array, values: Int32Array) {
  const { rows, columns, data } = withEvenColumns(matrix);
  const { memory, gaussian, start } = gaussianKernel.need();
  const sumsAt = start + data.byteLength;
  const scratchAt = sumsAt + sums.byteLength;
  const valuesAt = scratchAt + SCRATCH_BYTES;
  reserve(memory, valuesAt + 4 * ROWS_AT_ONCE * rows + SURPLUS_BYTES);
  new Float64Array(memory.buffer, start, data.length).set(data);
  const ownSums = new Float64Array(memory.buffer, sumsAt, rows);
  ownSums.set(sums);
  let place = 0;
  for (let from = first; from < rows; from += ROWS_AT_ONCE) {
    const to = Math.min(rows, from + ROWS_AT_ONCE);
    gaussian(from, to, columns, start, sumsAt, scratchAt, valuesAt, scale);
    const count = ((to - from) * (from + to - 1)) / 2;
    values.set(new Int32Array(memory.buffer, valuesAt, count), place);
    place += count;
  }
  sums.set(ownSums);
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

const pairsKernel = new SharedKernel('dist/drift/tests/pairs.wasm', withStart<'pairs' | 'toChosen'>);
/** Values and sums begin at a multiple of the bytes of a vector. */
const ALIGNMENT = 16;

/** Values of the pairs of some rows: `[rows · (rows − 1) / 2]`, of each row with those before it, 0 to 2^24. */
type PairValues = Int32Array;

/** Numbers of copied values. A WeakRef would keep them alive until the caller awaits something. */
const numbers = new WeakMap<readonly PairValues[], number>();
/** The values that are in the memory now: their number, where each begin, and where the last end. */
const loaded = { number: 0, places: [] as number[], end: 0 };

/**
 * Sums over the pairs of chosen rows, each pair once, for several choices at a time.
 * @param all matrices, which are copied once @param at which one of them
 * @param masks `[choices, rows]`: −1 for chosen rows, 0 for others
 */
export function pairSums(all: readonly PairValues[], at: number, masks: Int32Array, choices: number): number[] {
  const { masksAt, sumsAt } = load(all, masks, choices);
  const { memory, pairs } = pairsKernel.need();
  pairs(loaded.places[at]!, masks.length / choices, masksAt, choices, sumsAt);
  return Array.from(new BigInt64Array(memory.buffer, sumsAt, choices), Number);
}

/** Sums of each row's values with all chosen rows, but for itself. */
export function sumsToChosen(all: readonly PairValues[], at: number, mask: Int32Array): Float64Array {
  const rows = mask.length;
  const { masksAt, sumsAt } = load(all, mask, rows);
  const { memory, toChosen } = pairsKernel.need();
  toChosen(loaded.places[at]!, rows, masksAt, sumsAt);
  return new Float64Array(memory.buffer, sumsAt, rows).slice();
}

/** @returns where the masks are, and room for so many sums */
function load(all: readonly PairValues[], masks: Int32Array, sums: number): { masksAt: number; sumsAt: number } {
  const { memory } = pairsKernel.need();
  if (numbers.get(all) !== loaded.number) loadValues(all);
  const masksAt = loaded.end;
  const sumsAt = roundUp(masksAt + masks.byteLength, ALIGNMENT);
  reserve(memory, sumsAt + 8 * sums);
  new Int32Array(memory.buffer, masksAt, masks.length).set(masks);
  return { masksAt, sumsAt };
}

function loadValues(all: readonly PairValues[]): void {
  const { memory, start } = pairsKernel.need();
  loaded.end = start;
  loaded.places = all.map(({ byteLength }) => {
    const place = loaded.end;
    loaded.end = roundUp(place + byteLength, ALIGNMENT);
    return place;
  });
  reserve(memory, loaded.end);
  for (const [i, values] of all.entries()) {
    new Int32Array(memory.buffer, loaded.places[i]!, values.length).set(values);
  }
  numbers.set(all, ++loaded.number);
}
