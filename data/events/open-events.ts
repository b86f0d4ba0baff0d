import { entryAt } from '#platform';
import { checkedOptions } from '../../base/index.js';
import { DataError } from '../data-error.js';
import { mayBePrefix } from '../images/sources/remote.js';
import { isTableName } from '../images/sources/table-rows.js';
import { readableEventFormat } from './event-format.js';
import { type EventSource, type OpenEventsOptions, openEventsFields } from './event-source.js';

/** Loaded when first read. */
const OPENERS = {
  parquet: async () => (await import('./read-events-parquet.js')).openParquetEvents,
  jsonl: async () => (await import('./read-events-rows.js')).openJsonlEvents,
  csv: async () => (await import('./read-events-rows.js')).openCsvEvents,
  npz: async () => (await import('./read-events-npz.js')).openNpzEvents,
  npy: async () => (await import('./read-events-npz.js')).openNpyEvents,
  folder: async () => (await import('./read-events-folder.js')).openFolderEvents,
};

/**
 * Opens an event table that was written here or by pandas, pyarrow, DuckDB or polars: parquet (the usual compressions
 * and encodings, lists of float32 or float64), jsonl, csv (`[0.1, 0.2]`, or numpy's `[0.1 0.2]`), npz and npy.
 *
 * Scores are the columns that the file's own metadata names, or those that `scores` names, or those that are named like
 * `knownClasses` and are a distribution in every row. No other column is taken for a score: all others are carried
 * along.
 *
 * Timestamps may be milliseconds, any TIMESTAMP type, or ISO 8601 text. Targets that are not text become text. In csv
 * and jsonl the types of carried columns come from the first 100 rows.
 *
 * A folder of parquet files is one table: its parts in the order of their names. So is a prefix of a bucket,
 * `s3://bucket/run`, where `remote` is given.
 *
 * @param path `.parquet`, `.jsonl` (or `.ndjson`), `.csv`, `.npz` or `.npy`; or a folder, or `s3://bucket/prefix`
 * @param options which columns are embeddings and scores, where the file does not say
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
  options = checkedOptions('openEvents', options, openEventsFields);
  if (await isFolder(path)) return (await OPENERS.folder())(path, options);
  const open = await OPENERS[readableEventFormat(path)]();
  try {
    return await open(path, options);
  } catch (error) {
    const mayBeLabels = options.orLabels === true && isTableName(path);
    if (!(mayBeLabels && error instanceof DataError && error.code === 'EVENTS_NO_EMBEDDINGS')) throw error;
    return (await import('./open-labels.js')).openLabels(path, options);
  }
}

async function isFolder(path: string): Promise<boolean> {
  if (mayBePrefix(path)) return true;
  return (await entryAt(path))?.kind === 'folder';
}
