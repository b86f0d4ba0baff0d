/** Parquet columns as rows: values or null from a flat column, vectors of one length from a list. */

import { DataError } from '../data-error.js';
import type { SchemaTree } from './hyparquet.js';
import type { Page, ParquetColumn } from './pages.js';

/** The nodes from the root to the only leaf of a top-level column; null when it has several (a struct, a map). */
export function onlyLeaf(root: SchemaTree, column: SchemaTree): SchemaTree[] | null {
  const path = [root, column];
  for (let node = column; node.children.length > 0; ) {
    if (node.children.length > 1) return null;
    node = node.children[0] as SchemaTree;
    path.push(node);
  }
  return path;
}

/** The definition level from which on an entry is an element of the list. */
export function listLevel(path: readonly SchemaTree[]): number {
  const list = path.findIndex(({ element }) => element.repetition_type === 'REPEATED');
  return path.slice(1, list + 1).filter(({ element }) => element.repetition_type !== 'REQUIRED').length;
}

/** A column of single values. */
export class FlatColumn {
  readonly #pages: AsyncGenerator<Page, void, undefined>;
  #page: Page | null = null;
  #entry = 0;
  #value = 0;

  readonly #column: ParquetColumn;

  /** @param firstGroup row group to begin with */
  constructor(column: ParquetColumn, firstGroup = 0) {
    this.#column = column;

    this.#pages = column.pages(firstGroup);
  }

  /** The next `count` values, fewer only at the end. */
  async take(count: number): Promise<unknown[]> {
    const { maxDefinition } = this.#column;
    const taken: unknown[] = [];
    while (taken.length < count) {
      if (this.#page === null || this.#entry === this.#page.entries) {
        const next = await this.#pages.next();
        if (next.done) break;
        this.#page = next.value;
        this.#entry = 0;
        this.#value = 0;
      }
      const page = this.#page;
      const end = Math.min(page.entries, this.#entry + count - taken.length);
      for (; this.#entry < end; this.#entry++) {
        const present = maxDefinition === 0 || page.definition[this.#entry] === maxDefinition;
        taken.push(present ? page.values[this.#value++] : null);
      }
    }
    return taken;
  }
}

/**
 * Number of values in the column's first row, nulls among them, which are told when they are read; 0 when the row is null.
 * @param repeatedLevel the definition level from which on an entry stands for an element
 * @param most where to stop counting
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

/** A column of lists, all of one length and without nulls, as one row-major matrix of float32. */
export class VectorColumn {
  readonly #pages: AsyncGenerator<Page, void, undefined>;
  #page: Page | null = null;
  #entry = 0;
  #value = 0;
  /** Rows given so far. */
  #rows = 0;
  readonly #column: ParquetColumn;
  readonly #dimensions: number;
  readonly #where: string;
  readonly #repeatedLevel: number;

  /**
   * @param where names file and column in errors
   * @param repeatedLevel the definition level from which on an entry stands for an element
   */
  constructor(column: ParquetColumn, dimensions: number, where: string, repeatedLevel: number) {
    this.#column = column;
    this.#dimensions = dimensions;
    this.#where = where;
    this.#repeatedLevel = repeatedLevel;
    this.#pages = column.pages();
  }

  /**
   * The next `count` rows, fewer only at the end.
   * @throws DataError `EVENTS_VECTOR_LENGTH`, `EVENTS_VECTOR_NULL`, `EVENTS_NOT_FINITE`
   */
  async take(count: number): Promise<Float32Array> {
    const taken = new Float32Array(count * this.#dimensions);
    let row = -1;
    let length = 0;
    for (;;) {
      const page = await this.#currentPage();
      if (page === null) break;
      for (; this.#entry < page.entries; this.#entry++) {
        if (page.repetition[this.#entry] === 0) {
          if (row >= 0) this.#checkLength(row, length);
          if (row + 1 === count) {
            this.#rows += count;
            return taken;
          }
          row++;
          length = 0;
        }
        const level = page.definition[this.#entry] as number;
        if (level < this.#column.maxDefinition) {
          this.#checkNull(row, level);
        } else {
          const value = Number(page.values[this.#value++]);
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

  async #currentPage(): Promise<Page | null> {
    if (this.#page !== null && this.#entry < this.#page.entries) return this.#page;
    const next = await this.#pages.next();
    this.#page = next.done ? null : next.value;
    this.#entry = 0;
    this.#value = 0;
    return this.#page;
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
