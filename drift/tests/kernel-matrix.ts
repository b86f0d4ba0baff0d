/**
 * The values of a Gaussian kernel for all pairs of rows, as whole numbers: in units of 2^-24, the rounding of a float32 near 1.
 * Sums of them are exact, so that they may be added in any order. Only the lower triangle is kept, row after row, so the matrix of the
 * first rows is the beginning of that of all: rows that many windows are compared with are multiplied once.
 */
import { squaredDistance } from '../linear/distance.js';
import type { Matrix64 } from '../linear/matrix.js';
import { GaussianKernel } from './kernel/gaussian-kernel.js';

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
