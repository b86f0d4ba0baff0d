import { DataError } from '../data-error.js';

/** A file of text as rows of values under names. */
export interface RowTable {
  /** Names in file order. */
  columns: readonly string[];
  /** All rows from the first on, at each call, some at a time. Damage is an error after all rows before it. */
  batches(): AsyncGenerator<readonly TableRow[], void, undefined>;
}

export interface TableRow {
  /** Counted from 1. */
  line: number;
  /** One for every column; null where there is nothing. */
  values: readonly unknown[];
}

/** A row of each record, as far as they are good. @param rowOf null for a record without a row */
export async function* rowBatches<T>(
  records: AsyncIterable<readonly T[]>,
  rowOf: (record: T) => TableRow | null,
): ReturnType<RowTable['batches']> {
  for await (const batch of records) {
    const rows: TableRow[] = [];
    try {
      for (const record of batch) {
        const row = rowOf(record);
        if (row !== null) rows.push(row);
      }
    } catch (error) {
      if (rows.length > 0) yield rows;
      throw error;
    }
    if (rows.length > 0) yield rows;
  }
}

/** From how many rows the columns and their types are known. */
export const SAMPLE_ROWS = 100;

export function emptyTable(path: string): DataError {
  return new DataError('EVENTS_EMPTY', `${path}: no rows`);
}

/** ImageNet-21k has 21,841 classes; a table with more columns than this is not an event table. */
export const MAX_COLUMNS = 65_536;

export function tooManyColumns(path: string, count: number): DataError {
  return new DataError(
    'EVENTS_TOO_MANY_COLUMNS',
    `${path}: ${count.toLocaleString('en')} columns, at most ${MAX_COLUMNS.toLocaleString('en')} are read`,
  );
}

/** @throws DataError `EVENTS_COLUMN_TWICE` */
export function checkColumnsOnce(path: string, columns: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of columns) {
    if (seen.has(name)) throw new DataError('EVENTS_COLUMN_TWICE', `${path}: two columns are named "${name}"`);
    seen.add(name);
  }
}

export function namesTold(names: readonly string[]): string {
  const told = names.slice(0, 20).map((name) => `"${name.slice(0, 80)}"`);
  if (names.length > told.length) told.push(`${(names.length - told.length).toLocaleString('en')} more`);
  return told.length === 0 ? 'its columns (there are none)' : told.join(', ');
}
