/**
 * Any parquet or csv file as a table of named columns, for those who cannot know which columns there are.
 *
 * Not for events: `openEvents` knows their columns, checks every value and keeps memory flat.
 */
import { type RandomAccess, RandomAccessFile } from '../../files/index.js';
import type { Table } from './table.js';

/** Loaded when first read. */
const OPENERS = {
  parquet: async () => (await import('./parquet-table.js')).openParquetTable,
  csv: async () => (await import('./csv-table.js')).openCsvTable,
};

export type TableFormat = 'csv' | 'parquet';

/**
 * @throws FileError when the file cannot be read; DataError `PARQUET_FORMAT`, `PARQUET_DAMAGED`, `EVENTS_EMPTY`,
 *   `EVENTS_TOO_MANY_COLUMNS`, `EVENTS_COLUMN_TWICE`, `EVENTS_COLUMN_TYPE`, `CSV_QUOTE`
 */
export async function openTable(path: string, format: TableFormat): Promise<Table> {
  return openTableIn(await RandomAccessFile.open(path), format);
}

/** The same of a file that is open. @param file is closed with the table, or after an error @throws as `openTable` */
export async function openTableIn(file: RandomAccess, format: TableFormat): Promise<Table> {
  try {
    const open = await OPENERS[format]();
    return await open(file);
  } catch (error) {
    await file.close();
    throw error;
  }
}
