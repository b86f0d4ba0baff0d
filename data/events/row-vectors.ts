import { DataError } from '../data-error.js';
import { parseDecimal } from '../rows/carried-values.js';
import type { TableRow } from '../rows/row-table.js';
import type { EmbeddingColumn } from './column-roles.js';
import { described, type Place } from './event-values.js';
import { NotAVector, parseVectorText } from './vector-text.js';

export class RowVectors {
  readonly #places: readonly number[];
  readonly #embedding: EmbeddingColumn;

  constructor(embedding: EmbeddingColumn, columns: readonly string[]) {
    this.#embedding = embedding;
    const places = new Map(columns.map((name, index) => [name, index]));
    this.#places = embedding.columns.map((name) => places.get(name) as number);
  }

  /** @throws DataError `EVENTS_VECTOR_NULL`, `EVENTS_NOT_NUMERIC`, `EVENTS_NOT_FINITE` */
  of({ values }: TableRow, place: Place): readonly number[] {
    const { isWide, name, columns } = this.#embedding;
    if (!isWide) return vector(values[this.#places[0] as number], name, place);
    return this.#places.map((at, index) => wideValue(values[at], columns[index] as string, place));
  }

  /** `[rows, dimensions]`. @throws DataError as `of`, and `EVENTS_VECTOR_LENGTH` */
  matrix(rows: readonly TableRow[], dimensions: number, placeOf: (row: TableRow) => string): Float32Array {
    const matrix = new Float32Array(rows.length * dimensions);
    for (const [index, row] of rows.entries()) {
      const entries = this.of(row, () => placeOf(row));
      if (entries.length !== dimensions) {
        throw new DataError(
          'EVENTS_VECTOR_LENGTH',
          `${placeOf(row)}: ${this.#embedding.name} is a vector of ${entries.length} values, the others have ${dimensions}`,
        );
      }
      matrix.set(entries, index * dimensions);
    }
    return matrix;
  }
}

function wideValue(value: unknown, column: string, place: Place): number {
  if (value === null || value === undefined || value === '') {
    throw new DataError('EVENTS_VECTOR_NULL', `${place()} column ${column}: is empty, it is part of the embedding`);
  }
  const number = typeof value === 'string' ? parseDecimal(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) {
    throw new DataError(
      'EVENTS_NOT_NUMERIC',
      `${place()} column ${column}: a number is needed, found ${described(value)}`,
    );
  }
  if (!Number.isFinite(Math.fround(number))) {
    throw new DataError('EVENTS_NOT_FINITE', `${place()} column ${column}: is ${number}, beyond float32`);
  }
  return number;
}

function vector(value: unknown, name: string, place: Place): readonly number[] {
  if (value === null || value === undefined || value === '') {
    throw new DataError('EVENTS_VECTOR_NULL', `${place()}: ${name} is null`);
  }
  const entries = typeof value === 'string' ? parseVectorText(value) : value;
  if (entries instanceof NotAVector) {
    throw new DataError('EVENTS_NOT_NUMERIC', `${place()}: ${name}: ${entries.reason}`);
  }
  if (!Array.isArray(entries)) {
    throw new DataError(
      'EVENTS_NOT_NUMERIC',
      `${place()}: ${name} is ${described(value)}, a list of numbers is needed`,
    );
  }
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index];
    if (typeof entry !== 'number') {
      const code = entry === null ? 'EVENTS_VECTOR_NULL' : 'EVENTS_NOT_NUMERIC';
      throw new DataError(code, `${place()}: entry ${index} of ${name} is ${described(entry)}, no number`);
    }
    if (!Number.isFinite(Math.fround(entry))) {
      throw new DataError('EVENTS_NOT_FINITE', `${place()}: entry ${index} of ${name} is ${entry}, beyond float32`);
    }
  }
  return entries;
}
