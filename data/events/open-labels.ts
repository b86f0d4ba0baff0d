/**
 * A table without embeddings: labels, and other columns, by the ids of events that were published before. csv, JSON lines or
 * parquet.
 */
import { shown } from '../../base/index.js';
import type { CarriedColumn, CarriedValue } from '../carried.js';
import { DataError } from '../data-error.js';
import type { EventBatch } from '../event.js';
import { openTableRows, type TableRowStream } from '../images/sources/table-rows.js';
import { namesTold } from '../rows/row-table.js';
import { NotATime, toMilliseconds } from '../rows/timestamp.js';
import { EVENT_ID, IMAGE_URL, METADATA_COLUMN, TARGET, TIMESTAMP } from './event-columns.js';
import type { EventSource, OpenEventsOptions } from './event-source.js';

const OWN: readonly string[] = [EVENT_ID, TARGET, IMAGE_URL, TIMESTAMP, METADATA_COLUMN];

/** @throws DataError `EVENTS_COLUMN_MISSING` without ids; `EVENTS_ID_MISSING`, `EVENTS_TIMESTAMP` in a row; as `openTableRows` */
export async function openLabels(path: string, { remote }: OpenEventsOptions): Promise<EventSource> {
  const table = await openTableRows(path, remote);
  const { columns } = table;
  if (!columns.includes(EVENT_ID)) {
    await table.close();
    throw new DataError('EVENTS_COLUMN_MISSING', `${path}: no "${EVENT_ID}" among ${namesTold(columns)}`, {
      hint: 'Without embeddings, a table has labels by the ids of events that were published before.',
    });
  }
  const carried = columns
    .filter((name) => !OWN.includes(name))
    .map((name): CarriedColumn => ({ name, type: table.types?.get(name) ?? 'string' }));
  const schema = {
    ...{ dimensions: 0, classes: [], tap: null, weightsSha256: null, statistics: [], images: null, carried },
    hasTargets: columns.includes(TARGET),
    hasImageUrls: columns.includes(IMAGE_URL),
    hasTimestamps: columns.includes(TIMESTAMP),
    hasEventIds: true,
    extraTaps: new Map(),
  };
  return { path, schema, rows: null, batches: () => batchesOf(path, table, carried), close: () => table.close() };
}

async function* batchesOf(
  path: string,
  { columns, batches }: TableRowStream,
  carried: readonly CarriedColumn[],
): AsyncGenerator<EventBatch, void, undefined> {
  let first = 0;
  for await (const rows of batches()) {
    if (rows.length === 0) continue;
    const valuesOf = (name: string): readonly unknown[] => {
      const place = columns.indexOf(name);
      return rows.map((values) => (place < 0 ? null : values[place]));
    };
    const at = (row: number) => `${path} row ${(first + row).toLocaleString('en')}`;
    yield {
      ...{
        rows: rows.length,
        embeddings: new Float32Array(0),
        scores: null,
        statistics: new Map(),
        extraTaps: new Map(),
      },
      targets: valuesOf(TARGET).map(textOf),
      imageUrls: valuesOf(IMAGE_URL).map(textOf),
      timestamps: valuesOf(TIMESTAMP).map((value, row) => timeIn(value, at(row))),
      eventIds: valuesOf(EVENT_ID).map((value, row) => idIn(value, at(row))),
      carried: new Map(carried.map(({ name }) => [name, valuesOf(name).map(carriedValue)])),
    };
    first += rows.length;
  }
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined || value === '' ? null : String(value);
}

function idIn(value: unknown, at: string): string {
  const id = textOf(value);
  if (id !== null) return id;
  throw new DataError('EVENTS_ID_MISSING', `${at}: no ${EVENT_ID}, by which the event would be found`);
}

function timeIn(value: unknown, at: string): number | null {
  const time = toMilliseconds(value);
  if (!(time instanceof NotATime)) return time;
  throw new DataError('EVENTS_TIMESTAMP', `${at}: ${TIMESTAMP}: ${shown(time.reason)}`);
}

function carriedValue(value: unknown): CarriedValue {
  if (value instanceof Date) return value.getTime();
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? (value as CarriedValue) : null;
}
