/** Vectors whose values each have a column of their own, as one row-major matrix of float32. */
import { DataError } from '../data-error.js';
import type { FlatColumn } from './columns.js';

export class WideVectors {
  /** Rows given so far. */
  #rows = 0;
  readonly #columns: readonly FlatColumn[];
  readonly #names: readonly string[];
  readonly #path: string;

  /** @param names of the columns, in their order, for errors */
  constructor(columns: readonly FlatColumn[], names: readonly string[], path: string) {
    this.#columns = columns;
    this.#names = names;
    this.#path = path;
  }

  /**
   * The next `count` rows, fewer only at the end.
   * @throws DataError `EVENTS_VECTOR_NULL`, `EVENTS_NOT_FINITE`, `PARQUET_DAMAGED` if a column is shorter than others
   */
  async take(count: number): Promise<Float32Array> {
    const width = this.#columns.length;
    let taken = new Float32Array(count * width);
    for (const [index, column] of this.#columns.entries()) {
      const values = await column.take(count);
      if (index === 0) taken = taken.subarray(0, values.length * width);
      if (values.length * width !== taken.length) {
        const [found, first] = [this.#rows + values.length, this.#rows + taken.length / width];
        throw new DataError('PARQUET_DAMAGED', `${this.#where(index)}: ${found} rows, ${this.#names[0]} has ${first}`);
      }
      for (let row = 0; row < values.length; row++) taken[row * width + index] = this.#number(values[row], row, index);
    }
    this.#rows += taken.length / width;
    return taken;
  }

  #number(value: unknown, row: number, column: number): number {
    const place = () => `${this.#where(column)} row ${(this.#rows + row).toLocaleString('en')}`;
    if (value === null) throw new DataError('EVENTS_VECTOR_NULL', `${place()}: is null, it is part of the embedding`);
    const number = Number(value);
    if (Number.isFinite(Math.fround(number))) return number;
    throw new DataError('EVENTS_NOT_FINITE', `${place()}: is ${String(value)} as float32`);
  }

  #where(column: number): string {
    return `${this.#path} column ${this.#names[column]}`;
  }
}
