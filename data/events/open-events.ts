/** Reading an event table, whoever wrote it, in the format that the file's extension names. */
import { eventFormat } from './event-format.js';
import type { EventSource, OpenEventsOptions } from './event-source.js';

/** Loaded when first read. */
const OPENERS = {
  parquet: async () => (await import('./read-events-parquet.js')).openParquetEvents,
  jsonl: async () => (await import('./read-events-text.js')).openJsonlEvents,
  csv: async () => (await import('./read-events-text.js')).openCsvEvents,
  npz: async () => (await import('./read-events-npz.js')).openNpzEvents,
};

/**
 * Opens an event table that was written here or by pandas, pyarrow, DuckDB or polars: parquet (the usual compressions
 * and encodings, lists of float32 or float64), jsonl, csv (`[0.1, 0.2]`, or numpy's `[0.1 0.2]`), npz.
 *
 * Score columns are those that image-drift's metadata names (parquet, npz), or those that `classes` names. Otherwise
 * every float column whose name is not reserved is a score, in file order. In csv and jsonl, where numbers have no
 * type, a column counts as float if its first 100 values are numbers and are not all whole, or are all 0 or 1. In
 * jsonl, names that are whole numbers come first, as JavaScript orders keys.
 *
 * Timestamps may be milliseconds, any TIMESTAMP type, or ISO 8601 text. Targets that are not text become text.
 *
 * @param path `.parquet`, `.jsonl` (or `.ndjson`), `.csv` or `.npz`
 * @param options names of the score columns, in the network's order
 * @returns the table's schema, and a way to read it in batches. Close it.
 * @throws DataError `EVENTS_FORMAT_UNKNOWN`, `EVENTS_NO_EMBEDDINGS`, `EVENTS_EMPTY`, `EVENTS_COLUMN_MISSING`, …
 * @throws FileError if the file cannot be opened
 *
 * @example
 * ```ts
 * import { openEvents } from 'image-drift';
 *
 * const events = await openEvents('week_1.parquet');
 * const { dimensions, classes } = events.schema;
 * for await (const { rows, embeddings } of events.batches({ columns: [] })) {
 *   console.log(rows, embeddings.length === rows * dimensions, classes); // 500 true [ 'T-shirt/top', … ]
 * }
 * await events.close();
 * ```
 */
export async function openEvents(path: string, options: OpenEventsOptions = {}): Promise<EventSource> {
  const open = await OPENERS[eventFormat(path)]();
  return open(path, options);
}
