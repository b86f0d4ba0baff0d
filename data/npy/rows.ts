import type { NpyValues } from './dtype.js';

export interface NpyRows {
  /** Index of the first of these rows. */
  firstRow: number;
  rows: number;
  /** `[rows, …shape[1:]]`, row-major, whatever the order in the file; the receiver's own. */
  values: NpyValues;
}
