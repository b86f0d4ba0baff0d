/** Production events with the times that they were published with: those of their column, or spread over days. */

import {
  type ColumnChoice,
  type EventSource,
  type EventTableSchema,
  type OpenEventsOptions,
  openEvents,
} from '../../../data/index.js';
import { type CentroidCounter, type Matrix, takeRows } from '../../../drift/index.js';
import type { SettledTimestamps } from '../options/index.js';
import { checkDayFits, dayStamp, rowsOfDay } from './timestamps.js';

/** Events as they were published. */
export interface PublishedRows {
  embeddings: Matrix;
  /** Milliseconds since 1970, UTC. */
  timestamps: readonly (number | null)[];
}

/** @throws DataError, FileError; PublishError `PUBLISH_DAY_TOO_LARGE` */
export async function* publishedRows(
  paths: readonly string[],
  timestamps: SettledTimestamps = { from: 'column' },
  columns: ColumnChoice = {},
): AsyncGenerator<PublishedRows, void, undefined> {
  for (const [file, path] of paths.entries()) {
    const events = await openEvents(path, columns);
    try {
      if (timestamps.from === 'column') yield* rowsOf(events);
      else yield* spreadRows(events, timestamps, { file, files: paths.length });
    } finally {
      await events.close();
    }
  }
}

/** All rows with the times of their own column. */
async function* rowsOf({ schema, batches }: EventSource): AsyncGenerator<PublishedRows, void, undefined> {
  for await (const { rows, embeddings, timestamps } of batches({ columns: ['timestamps'] })) {
    yield { embeddings: { rows, columns: schema.dimensions, data: embeddings }, timestamps };
  }
}

/** The rows of every day, a batch's at a time: a row that is drawn for several days comes once for each. */
async function* spreadRows(
  events: EventSource,
  plan: Extract<SettledTimestamps, { from: 'spread' }>,
  { file, files }: { file: number; files: number },
): AsyncGenerator<PublishedRows, void, undefined> {
  const rows = events.rows ?? (await countRows(events));
  checkDayFits(plan, { path: events.path, rows });
  const days = Array.from({ length: plan.days }, (_, day) => ({
    stamp: dayStamp(plan, files, file, day),
    rows: rowsOfDay(plan, rows, file, day),
  }));
  let first = 0;
  for await (const { embeddings } of rowsOf(events)) {
    const end = first + embeddings.rows;
    for (const day of days) {
      const drawn = [...day.rows].filter((row) => row >= first && row < end).map((row) => row - first);
      if (drawn.length === 0) continue;
      yield { embeddings: takeRows({ embeddings }, drawn).embeddings, timestamps: drawn.map(() => day.stamp) };
    }
    first = end;
  }
}

async function countRows({ batches }: EventSource): Promise<number> {
  let rows = 0;
  for await (const batch of batches({ columns: [] })) rows += batch.rows;
  return rows;
}

/**
 * Counts a table's embeddings.
 * @param check looks at the table before it is read
 * @throws DataError, DriftError, FileError
 */
export async function countEvents(
  path: string,
  counter: CentroidCounter,
  reading: OpenEventsOptions = {},
  check?: (schema: EventTableSchema) => void,
): Promise<number[]> {
  const events = await openEvents(path, reading);
  try {
    check?.(events.schema);
    for await (const { embeddings } of rowsOf(events)) counter.add(embeddings);
  } finally {
    await events.close();
  }
  return counter.counts;
}
