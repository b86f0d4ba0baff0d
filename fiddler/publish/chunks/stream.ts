/**
 * A chunk of events as the rows of one `POST /v3/events` (recording 087): values as JSON, no file and no job. For
 * production only: Fiddler takes a baseline as a file.
 */
import { type EventBatch, statisticColumn } from '../../../data/index.js';
import type { SentColumns, SentMetadata } from '../plan/columns.js';
import { MISFIT, metadataValue } from '../plan/metadata.js';

export function streamRows(columns: SentColumns, batch: EventBatch): Record<string, unknown>[] {
  return Array.from({ length: batch.rows }, (_, row) => streamRow(columns, batch, row));
}

function streamRow(columns: SentColumns, batch: EventBatch, row: number): Record<string, unknown> {
  const dimensions = batch.embeddings.length / batch.rows;
  const event: Record<string, unknown> = {
    [columns.embeddings]: Array.from(batch.embeddings.subarray(row * dimensions, (row + 1) * dimensions)),
  };
  for (const [index, name] of columns.classes.entries()) {
    event[name] = orNull(batch.scores?.[row * columns.classes.length + index]);
  }
  if (columns.target !== null) event[columns.target] = batch.targets[row];
  if (columns.imageUrl !== null) event[columns.imageUrl] = batch.imageUrls[row];
  if (columns.timestamp !== null) event[columns.timestamp] = batch.timestamps[row];
  if (columns.eventId !== null) event[columns.eventId] = batch.eventIds[row];
  for (const name of columns.statistics) event[statisticColumn(name)] = orNull(batch.statistics.get(name)?.[row]);
  Object.assign(event, metadataFields(columns, batch, row));
  return event;
}

/** The columns that are carried along, by name; null where there is no value, or one that does not fit. */
export function metadataFields(
  { metadata }: SentColumns,
  batch: EventBatch,
  row: number,
): Record<string, string | number | boolean | null> {
  const value = ({ name, type, isTime }: SentMetadata) =>
    jsonValue(metadataValue(type, batch.carried?.get(name)?.[row], isTime));
  return Object.fromEntries(metadata.map((column) => [column.name, value(column)]));
}

/** JSON has no whole numbers beyond 2^53, but text of them. */
function jsonValue(value: ReturnType<typeof metadataValue>): string | number | boolean | null {
  if (value === MISFIT) return null;
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
