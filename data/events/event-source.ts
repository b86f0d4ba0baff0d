import { anything, type OptionsOf } from '../../base/index.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import type { RemoteFiles } from '../images/sources/remote.js';
import { columnFields } from '../options/index.js';
import type { OptionalEventColumn } from './event-columns.js';

export interface BatchOptions {
  /** What to read beside the embeddings; everything by default. What is left out is null in the batches. */
  columns?: readonly OptionalEventColumn[];
  /** Which carried columns to read, by name; all by default. Names that the table lacks are left out. */
  carried?: readonly string[];
}

/**
 * An open event table. Its `schema` says what is in it.
 *
 * @example
 * ```ts
 * import { type EventSource, openEvents } from 'image-drift';
 *
 * async function countLabels(events: EventSource): Promise<number> {
 *   let labels = 0;
 *   for await (const { targets } of events.batches({ columns: ['targets'] })) {
 *     labels += targets.filter((target) => target !== null).length;
 *   }
 *   return labels;
 * }
 * const events = await openEvents('week_1.parquet');
 * console.log(await countLabels(events));
 * await events.close();
 * ```
 */
export interface EventSource {
  /** Path of the table. */
  readonly path: string;
  /** What the table holds. */
  readonly schema: EventTableSchema;
  /** Null where only reading to the end would tell (csv, jsonl). */
  readonly rows: number | null;
  /**
   * All events from the first on, at each call. Batches hold about a million values; memory does not grow with rows.
   * A score that the file has not (an empty field, null) is NaN.
   * @throws DataError naming the row or line, `EVENTS_…`, `PARQUET_DAMAGED`, `CSV_…`, `JSONL_…`, `NPY_…`
   */
  batches(options?: BatchOptions): AsyncIterable<EventBatch>;
  /** Closes the file. */
  close(): Promise<void>;
}

const readingFields = {
  /**
   * Known classes: the scores are columns of these names, if nothing else names them and every row is a distribution.
   */
  knownClasses: anything<readonly string[]>(),
  /**
   * Takes a table without embeddings, too: labels by ids of published events; `dimensions` is then 0. Default false.
   */
  orLabels: anything<boolean>(),
  /** Reads tables that are not on this machine: the parts under `s3://bucket/prefix`. Default: there are none. */
  remote: anything<RemoteFiles>(),
};

export const openEventsFields = { ...columnFields, ...readingFields };

/**
 * Which columns of a table are what, where the file does not say.
 *
 * @example
 * ```ts
 * import type { OpenEventsOptions } from 'image-drift/data';
 *
 * // Columns e0, e1, … are the embedding, prob_cat and prob_dog the scores of the classes cat and dog.
 * const options: OpenEventsOptions = { embeddingColumn: 'e*', scores: ['prob_*'] };
 * ```
 */
export interface OpenEventsOptions extends OptionsOf<typeof columnFields>, OptionsOf<typeof readingFields> {}

/** What a person says of a table's columns, and what reads it; the rest is known from elsewhere. */
export type ColumnChoice = Pick<OpenEventsOptions, 'embeddingColumn' | 'scores' | 'multiLabel' | 'remote'>;
