import type { CarriedColumn } from '../carried.js';
import { DataError } from '../data-error.js';

/** A table as rows of values under names, whatever its format. */
export interface RowTable {
  /** Names in file order. */
  columns: readonly string[];
  /** Number of all rows; null where only reading to the end would tell. */
  rowCount: number | null;
  /** What errors call the numbers of rows. */
  rowName: 'line' | 'row';
  /** Types of the columns, and which hold vectors; null where the format knows no types. */
  types: ReadonlyMap<string, CarriedColumn['type']> | null;
  vectors: readonly string[] | null;
  /** All rows from the first on, at each call, some at a time. What is damaged is told when all before it has been given. */
  batches(): AsyncGenerator<readonly TableRow[], void, undefined>;
}

export interface TableRow {
  /** Lines are counted from 1, rows of other formats from 0. */
  line: number;
  /** One for every column; null where there is nothing. */
  values: readonly unknown[];
}

/**
 * A row of each record, as far as they are good.
 * @param rowOf null for a record without a row
 */
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

/** What formats of text have in common. */
export const TEXT_TABLE = { rowCount: null, rowName: 'line', types: null, vectors: null } as const;

/** From how many rows the columns and their types are known. */
export const SAMPLE_ROWS = 100;

export function emptyTable(path: string): DataError {
  return new DataError('EVENTS_EMPTY', `${path}: no rows`);
}
