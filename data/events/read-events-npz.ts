/**
 * Events from npz: as written here (see `write-events-npz.ts`), or any npz with a float array `[rows, values]`; or from
 * a bare npy, which is such an array alone.
 */

import type { EventBatch, EventTableSchema } from '../event.js';
import { NPY_ARRAY, NpzFile } from '../npz.js';
import { EVENT_ID, IMAGE_URL, statisticColumn, TARGET, TIMESTAMP } from './event-columns.js';
import type { BatchOptions, EventSource, OpenEventsOptions } from './event-source.js';
import { batchRows, nulls } from './event-values.js';
import { NpzColumns } from './npz-columns.js';
import { type NpzLayout, readNpzLayout } from './npz-layout.js';
import { wantedColumns } from './table-schema.js';
import { LABELS } from './write-events-npz.js';

export function openNpyEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openNpzEvents(path, { ...options, embeddingColumn: NPY_ARRAY });
}

export async function openNpzEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  const npz = await NpzFile.open(path);
  try {
    const layout = await readNpzLayout(npz, options);
    return {
      path,
      schema: layout.schema,
      rows: layout.rows,
      batches: (wanted) => readBatches(npz, layout, wanted),
      close: () => npz.close(),
    };
  } catch (error) {
    await npz.close();
    throw error;
  }
}

async function* readBatches(
  npz: NpzFile,
  { schema, rows, embeddings, scores }: NpzLayout,
  options: BatchOptions = {},
): AsyncGenerator<EventBatch, void, undefined> {
  const { wants, statistics, carried } = wantedColumns(schema, options);
  const taps = wants('extraTaps') ? [...schema.extraTaps.keys()] : [];
  const tapValues = taps.reduce((sum, name) => sum + tapLength(schema, name), 0);
  const size = batchRows(schema.dimensions + schema.classes.length + tapValues);
  const names = [embeddings, ...taps];
  if (wants('scores') && scores !== null) names.push(scores);
  if (wants('targets')) names.push(...[LABELS, TARGET].filter((name) => npz.has(name)));
  if (wants('imageUrls') && schema.hasImageUrls) names.push(IMAGE_URL);
  if (wants('timestamps') && schema.hasTimestamps) names.push(TIMESTAMP);
  if (wants('eventIds') && schema.hasEventIds) names.push(EVENT_ID);
  names.push(...statistics.map(statisticColumn), ...carried.map(({ name }) => name));

  const columns = new NpzColumns(npz);
  try {
    for (const name of names) await columns.open(name, size);
    for (let first = 0; first < rows; first += size) {
      const count = Math.min(size, rows - first);
      await columns.next();
      const place = (name: string, row: number) => `${npz.where(name)} row ${(first + row).toLocaleString('en')}`;
      yield {
        rows: count,
        embeddings: columns.floats(embeddings, schema.dimensions, place, true) as Float32Array,
        scores: scores === null ? null : columns.floats(scores, schema.classes.length, place, false),
        targets: columns.targets(schema.classes, place) ?? nulls(count),
        imageUrls: columns.texts(IMAGE_URL) ?? nulls(count),
        timestamps: columns.timestamps(place) ?? nulls(count),
        eventIds: columns.texts(EVENT_ID) ?? nulls(count),
        statistics: new Map(
          statistics.map((name) => [name, columns.floats(statisticColumn(name), 1, place, false) as Float32Array]),
        ),
        extraTaps: new Map(
          taps.map((name) => [name, columns.floats(name, tapLength(schema, name), place, false) as Float32Array]),
        ),
        carried: new Map(carried.map(({ name, type }) => [name, columns.carried(name, type)])),
      };
    }
  } finally {
    await columns.close();
  }
}

function tapLength(schema: EventTableSchema, name: string): number {
  return (schema.extraTaps.get(name) ?? []).reduce((product, length) => product * length, 1);
}
