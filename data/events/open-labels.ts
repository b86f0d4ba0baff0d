/** A table of labels without embeddings: csv, JSON lines or parquet. */
import type { CarriedColumn } from '../carried.js';
import { DataError } from '../data-error.js';
import type { EventBatch } from '../event.js';
import { openTableRows, type TableRowStream } from '../images/sources/table-rows.js';
import { namesTold } from '../rows/row-table.js';
import { EVENT_ID, IMAGE_URL, METADATA_COLUMN, TARGET, TIMESTAMP } from './event-columns.js';
import { batchesOf, type EventLayout } from './event-rows.js';
import type { EventSource, OpenEventsOptions } from './event-source.js';
import { wantedColumns } from './table-schema.js';

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
  const others = columns.filter((name) => !OWN.includes(name));
  const schema = {
    ...{ dimensions: 0, classes: [], tap: null, weightsSha256: null, statistics: [], images: null },
    hasTargets: columns.includes(TARGET),
    hasImageUrls: columns.includes(IMAGE_URL),
    hasTimestamps: columns.includes(TIMESTAMP),
    hasEventIds: true,
    extraTaps: new Map(),
    carried: others.map((name): CarriedColumn => ({ name, type: table.types?.get(name) ?? 'string' })),
  };
  const layout = { schema, scores: { columns: [], classes: [], areAssumed: false } };
  return { path, schema, rows: null, batches: () => batchesIn(path, table, layout), close: () => table.close() };
}

async function* batchesIn(
  path: string,
  { columns, batches }: TableRowStream,
  layout: EventLayout,
): AsyncGenerator<EventBatch, void, undefined> {
  const toBatch = batchesOf(layout, wantedColumns(layout.schema, {}));
  let first = 0;
  for await (const rows of batches()) {
    if (rows.length === 0) continue;
    const place = (row: number) => `${path} row ${(first + row).toLocaleString('en')}`;
    const batch = await toBatch({
      rows: rows.length,
      embeddings: new Float32Array(0),
      take: (name, as) => {
        const at = columns.indexOf(name);
        return rows.map((row, i) => as(row[at] === '' ? null : row[at], () => `${place(i)}: ${name}`));
      },
      place,
    });
    const without = batch.eventIds.indexOf(null);
    if (without >= 0) {
      throw new DataError('EVENTS_ID_MISSING', `${place(without)}: no ${EVENT_ID}, by which the event would be found`);
    }
    yield batch;
    first += rows.length;
  }
}
