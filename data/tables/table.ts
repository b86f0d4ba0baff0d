/** A table of named columns, whatever the format of its file. */
export interface TableBatch {
  rows: number;
  /** By name, in file order; each has `rows` values. csv knows text alone; parquet has lists as arrays, dates as dates. */
  columns: ReadonlyMap<string, readonly unknown[]>;
}

export interface Table {
  readonly path: string;
  /** Names in file order; none twice. */
  readonly columns: readonly string[];
  /** All rows from the first on, at each call. @throws DataError where the file is damaged */
  batches(rowsEach?: number): AsyncGenerator<TableBatch, void, undefined>;
  close(): Promise<void>;
}
