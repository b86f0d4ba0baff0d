/** Arrays in Fortran order (first axis fastest) as rows in C order (last axis fastest). */
import type { NpyValues } from './dtype.js';

export interface NpyRows {
  /** Index of the first of these rows. */
  firstRow: number;
  rows: number;
  /** `[rows, …shape[1:]]`, row-major, whatever the order in the file; the receiver's own. */
  values: NpyValues;
}

/**
 * Arrays in Fortran order (first axis fastest) as rows in C order (last axis fastest).
 *
 * @param values the whole array as it is in the file
 * @param shape at least two axes
 * @param size rows a batch
 * @param end row to end before
 */
export function* fortranRows(
  values: NpyValues,
  shape: readonly number[],
  size: number,
  first: number,
  end: number,
): Generator<NpyRows> {
  const count = shape[0]!;
  const rowLength = shape.slice(1).reduce((product, axis) => product * axis, 1);
  for (let firstRow = first; firstRow < end; firstRow += size) {
    const rows = Math.min(size, end - firstRow);
    const batch = emptyLike(values, rows * rowLength);
    visitFortranOrder(shape.slice(1), (inFile, inRow) => {
      const column = inFile * count + firstRow;
      for (let row = 0; row < rows; row++) batch[row * rowLength + inRow] = values[column + row]!;
    });
    yield { firstRow, rows, values: batch };
  }
}

/** Visits every element in Fortran order, telling its index in that order and in C order. */
function visitFortranOrder(shape: readonly number[], visit: (fortranIndex: number, cIndex: number) => void): void {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const length = shape.reduce((product, size) => product * size, 1);
  const index = shape.map(() => 0);
  let cIndex = 0;
  for (let fortranIndex = 0; fortranIndex < length; fortranIndex++) {
    visit(fortranIndex, cIndex);
    for (let axis = 0; axis < shape.length; axis++) {
      cIndex += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      cIndex -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** Typed so that elements of the one can be put into the other. */
function emptyLike(values: NpyValues, length: number): (string | number)[] & NpyValues {
  const empty = Array.isArray(values)
    ? new Array<string>(length)
    : new (values.constructor as new (length: number) => Exclude<NpyValues, string[]>)(length);
  return empty as (string | number)[] & NpyValues;
}
