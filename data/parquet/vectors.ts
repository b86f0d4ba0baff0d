import { DataError } from '../data-error.js';
import { Entries, type FlatColumn } from './columns.js';
import type { ParquetColumn } from './pages.js';

/**
 * Values in the column's first row, nulls among them; 0 when the row is null. Stops at `most`.
 * @param repeatedLevel the definition level from which on an entry stands for an element
 */
export async function firstVectorLength(column: ParquetColumn, repeatedLevel: number, most: number): Promise<number> {
  let length = 0;
  let begun = false;
  for await (const page of column.pages()) {
    for (let entry = 0; entry < page.entries; entry++) {
      if (page.repetition[entry] === 0 && begun) return length;
      begun = true;
      if (page.definition[entry]! >= repeatedLevel) length++;
      if (length > most) return length;
    }
  }
  return length;
}

export class VectorColumn {
  readonly #entries: Entries;
  readonly #maxDefinition: number;
  #rows = 0;
  readonly #dimensions: number;
  readonly #where: string;
  readonly #repeatedLevel: number;

  /** @param repeatedLevel the definition level from which on an entry stands for an element */
  constructor(column: ParquetColumn, dimensions: number, where: string, repeatedLevel: number) {
    this.#entries = new Entries(column);
    this.#maxDefinition = column.maxDefinition;
    this.#dimensions = dimensions;
    this.#where = where;
    this.#repeatedLevel = repeatedLevel;
  }

  /**
   * The next `count` rows, fewer only at the end.
   * @throws DataError `EVENTS_VECTOR_LENGTH`, `EVENTS_VECTOR_NULL`, `EVENTS_NOT_FINITE`
   */
  async take(count: number): Promise<Float32Array> {
    const at = this.#entries;
    const taken = new Float32Array(count * this.#dimensions);
    let row = -1;
    let length = 0;
    for (let page = await at.next(); page !== null; page = await at.next()) {
      for (; at.entry < page.entries; at.entry++) {
        if (page.repetition[at.entry] === 0) {
          if (row >= 0) this.#checkLength(row, length);
          if (row + 1 === count) {
            this.#rows += count;
            return taken;
          }
          row++;
          length = 0;
        }
        const level = page.definition[at.entry] as number;
        if (level < this.#maxDefinition) {
          this.#checkNull(row, level);
        } else {
          const value = Number(page.values[at.value++]);
          if (length < this.#dimensions) taken[row * this.#dimensions + length] = value;
          if (!Number.isFinite(Math.fround(value))) throw this.#notFinite(row, length, value);
          length++;
        }
      }
    }
    if (row >= 0) this.#checkLength(row, length);
    this.#rows += row + 1;
    return taken.subarray(0, (row + 1) * this.#dimensions);
  }

  #checkLength(row: number, length: number): void {
    if (length === this.#dimensions) return;
    throw new DataError(
      'EVENTS_VECTOR_LENGTH',
      `${this.#where} row ${this.#rowNumber(row)}: a vector of ${length} values, the others have ${this.#dimensions}`,
    );
  }

  /** An empty list stands one level below its elements; it is found by its length. */
  #checkNull(row: number, level: number): void {
    if (level === this.#repeatedLevel - 1) return;
    const what = level < this.#repeatedLevel ? 'the vector is null' : 'a value of the vector is null';
    throw new DataError('EVENTS_VECTOR_NULL', `${this.#where} row ${this.#rowNumber(row)}: ${what}`);
  }

  #notFinite(row: number, column: number, value: number): DataError {
    return new DataError(
      'EVENTS_NOT_FINITE',
      `${this.#where} row ${this.#rowNumber(row)}: value ${column} of the vector is ${value} as float32`,
    );
  }

  #rowNumber(row: number): string {
    return (this.#rows + row).toLocaleString('en');
  }
}

export class WideVectors {
  #rows = 0;
  readonly #columns: readonly FlatColumn[];
  readonly #names: readonly string[];
  readonly #path: string;

  constructor(columns: readonly FlatColumn[], names: readonly string[], path: string) {
    this.#columns = columns;
    this.#names = names;
    this.#path = path;
  }

  /**
   * Fewer than `count` only at the end. @throws DataError `EVENTS_VECTOR_NULL`, `EVENTS_NOT_FINITE`, `PARQUET_DAMAGED`
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
