import { DataError } from '../data-error.js';

/** A text table as rows of values under names, whatever its syntax. */
export interface RowTable {
  /** Names in file order. */
  columns: readonly string[];
  /** All rows from the first on, at each call. */
  rows(): AsyncGenerator<TableRow, void, undefined>;
}

export interface TableRow {
  /** Counted from 1. */
  line: number;
  /** One for every column; null where there is nothing. */
  values: readonly unknown[];
}

/** From how many rows the columns and their types are known. */
export const SAMPLE_ROWS = 100;

export function emptyTable(path: string): DataError {
  return new DataError('EVENTS_EMPTY', `${path}: no rows`);
}
