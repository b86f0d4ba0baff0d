/** What reading an event table gives, and the checks that all formats share. */
import { nearest } from '../../errors/index.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { EMBEDDINGS, type OptionalEventColumn } from './event-columns.js';

export interface BatchOptions {
  /** What to read beside the embeddings; everything by default. What is left out is null in the batches. */
  columns?: readonly OptionalEventColumn[];
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

export interface OpenEventsOptions {
  /** Names of the score columns in the network's order, where the file does not say and the rule would be wrong. */
  classes?: readonly string[];
}

/** The error for a table without embeddings. */
export function noEmbeddings(path: string, columns: readonly string[]): DataError {
  const meant = nearest(EMBEDDINGS, columns);
  return new DataError('EVENTS_NO_EMBEDDINGS', `${path}: no "${EMBEDDINGS}" among ${namesTold(columns)}`, {
    hint: meant === null ? undefined : `Did you mean "${meant}"? Rename it to "${EMBEDDINGS}".`,
  });
}

/** @throws DataError `EVENTS_COLUMN_MISSING` naming every class that is not a column */
export function checkClassColumns(path: string, classes: readonly string[], columns: readonly string[]): void {
  const known = new Set(columns);
  const missing = classes.filter((name) => !known.has(name));
  if (missing.length === 0) return;
  const meant = nearest(missing[0] as string, columns);
  throw new DataError(
    'EVENTS_COLUMN_MISSING',
    `${path}: no score column for ${missing.length} of ${classes.length} classes: ${namesTold(missing)}`,
    { hint: meant === null ? undefined : `Is "${meant}" the column of "${missing[0]}"?` },
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
