/** Rows of equal length, stored one after another (row-major). */
import { base64, fromBase64 } from '#platform';
import { DriftError, grouped } from '../drift-error.js';

export interface Matrix {
  rows: number;
  columns: number;
  /** `[rows, columns]`. */
  data: Float32Array | Float64Array;
}

/** A matrix in float64. Clustering uses it, so that inner loops see one element type only. */
export interface Matrix64 extends Matrix {
  data: Float64Array;
}

export function toFloat64(matrix: Matrix): Matrix64 {
  const { rows, columns, data } = matrix;
  return { rows, columns, data: data instanceof Float64Array ? data : new Float64Array(data) };
}

export function rowsOf<M extends Matrix>({ columns, data }: M, rows: readonly number[]): M {
  const found = new (data.constructor as typeof Float64Array)(rows.length * columns);
  for (const [to, from] of rows.entries()) found.set(data.subarray(from * columns, (from + 1) * columns), to * columns);
  return { rows: rows.length, columns, data: found } as Matrix as M;
}

/** Largest value to cluster: squared differences, summed over a million columns, still fit a float64. */
const MAX_ABSOLUTE_VALUE = 1e150;

/** True if distances can be computed with the number: it is finite and at most `MAX_ABSOLUTE_VALUE`. */
export function isUsable(value: number): boolean {
  return Math.abs(value) <= MAX_ABSOLUTE_VALUE;
}

export function isRowUsable(matrix: Matrix, row: number): boolean {
  const end = (row + 1) * matrix.columns;
  for (let i = row * matrix.columns; i < end; i++) if (!isUsable(matrix.data[i]!)) return false;
  return true;
}

/**
 * @param what names the matrix in messages, e.g. `baseline embeddings`
 * @throws DriftError `MATRIX_MISSHAPEN` when the lengths do not fit together
 */
export function checkShape(matrix: Matrix, what: string): void {
  const { rows, columns, data } = matrix;
  if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(columns) || rows < 0 || columns < 1) {
    throw new DriftError('MATRIX_MISSHAPEN', `${what}: ${rows} rows of ${columns} values is not a shape of a matrix`);
  }
  if (data.length !== rows * columns) {
    throw new DriftError(
      'MATRIX_MISSHAPEN',
      `${what}: ${grouped(rows)} rows of ${grouped(columns)} values promised, ${grouped(data.length)} values given`,
    );
  }
}

/** @throws DriftError `VALUE_NOT_FINITE` naming the first row and column (from 0) that cannot be used */
export function checkValues(matrix: Matrix, what: string): void {
  const { data, columns } = matrix;
  for (let i = 0; i < data.length; i++) {
    if (isUsable(data[i]!)) continue;
    throw new DriftError(
      'VALUE_NOT_FINITE',
      `${what}: row ${grouped(Math.floor(i / columns))}, column ${i % columns} is ${data[i]}, ` +
        `a finite number of at most ${MAX_ABSOLUTE_VALUE} is needed`,
    );
  }
}

/** Numbers as base64 of their little-endian bytes: shorter than decimals, and exact. */
export function floatsInBase64(values: Float32Array | Float64Array): string {
  return base64(inLittleEndian(values));
}

function inLittleEndian(values: Float32Array | Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  const size = values.BYTES_PER_ELEMENT;
  for (const [i, value] of values.entries()) {
    if (size === 4) view.setFloat32(4 * i, value, true);
    else view.setFloat64(8 * i, value, true);
  }
  return bytes;
}

/** @param size bytes of a number */
export function floatsOfBase64(text: string, size: 4 | 8): Float64Array {
  const bytes = fromBase64(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.floor(bytes.byteLength / size);
  return Float64Array.from({ length: count }, (_, i) =>
    size === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true),
  );
}

export function meanOf({ columns, data }: Matrix64, rows: readonly number[]): Float64Array {
  const mean = new Float64Array(columns);
  for (const row of rows) for (let c = 0; c < columns; c++) mean[c]! += data[row * columns + c]! / rows.length;
  return mean;
}
