/** Rows of equal length, row-major: what the whole room works on. */
export interface Matrix {
  rows: number;
  columns: number;
  /** `[rows, columns]`. */
  data: Float32Array | Float64Array;
}
