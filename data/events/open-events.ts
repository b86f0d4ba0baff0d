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
 * Opens events as written here, by pandas, pyarrow, DuckDB or polars: parquet (any of the usual compressions and
 * encodings, lists of float32 or float64), jsonl, csv (`[0.1, 0.2]`, or numpy's `[0.1 0.2]`), npz.
 *
 * Which columns are scores: those that image-drift's metadata names (parquet, npz), those that `classes` names, or else
 * every float column, in file order, that is neither reserved (`RESERVED_COLUMNS`) nor begins with a reserved prefix.
 * In csv and jsonl, where numbers have no type, a column counts as float when its first 100 values are numbers and are
 * not all whole, or are all 0 or 1; and in jsonl names that are whole numbers come first, as JavaScript orders keys.
 *
 * Timestamps may be milliseconds, any TIMESTAMP type, or ISO 8601 text. Targets that are not text become text.
 *
 * @throws DataError `EVENTS_FORMAT_UNKNOWN`, `EVENTS_NO_EMBEDDINGS`, `EVENTS_EMPTY`, `EVENTS_COLUMN_MISSING`, …
 * @throws FileError when the file cannot be opened
 */
export async function openEvents(path: string, options: OpenEventsOptions = {}): Promise<EventSource> {
  const open = await OPENERS[eventFormat(path)]();
  return open(path, options);
}
