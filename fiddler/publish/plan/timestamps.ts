/**
 * When events happened: as their own column says, or spread over days as Fiddler's image-monitoring quickstart does it:
 * each file is a week, each of its days a sample of its rows, drawn without replacement within the day, with one
 * timestamp. A row can come on several days; each such copy is an event of its own.
 */

import { createHash } from 'node:crypto';
import { Random } from '../../../base/index.js';
import {
  type ColumnChoice,
  type EventSource,
  type EventTableSchema,
  type OpenEventsOptions,
  openEvents,
} from '../../../data/index.js';
import { type CentroidCounter, type Matrix, takeRows } from '../../../drift/index.js';
import type { SettledTimestamps, SpreadTimestamps, TimestampPlan } from '../options/index.js';
import { PublishError } from '../publish-error.js';

export const DAY_MS = 86_400_000;
/** The quickstart's: 6 days of a week, 1,000 rows a day. */
const QUICKSTART_DAYS = 6;
const QUICKSTART_ROWS = 1_000;
const DAYS_A_FILE = 7;
/** Ten years a file: more is a mistyped number. */
const MAX_DAYS = 3_660;

/** Unmistakably a copy's id, not an event's. */
const COPY_DOMAIN = 'image-drift/event-copy/1';

/** @throws PublishError `PUBLISH_DAYS` for an invalid count */
export function planDays(wanted: Partial<Omit<SpreadTimestamps, 'from'>> = {}): SpreadTimestamps {
  const { days = QUICKSTART_DAYS, rowsPerDay = QUICKSTART_ROWS, seed = 0, until = null } = wanted;
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) {
    throw new PublishError('PUBLISH_DAYS', `${days} days: from 1 to ${MAX_DAYS.toLocaleString('en')} are possible`);
  }
  if (!Number.isInteger(rowsPerDay) || rowsPerDay < 1) {
    throw new PublishError('PUBLISH_DAYS', `${rowsPerDay} rows a day: a whole number of at least 1 is needed`);
  }
  return { from: 'spread', days, rowsPerDay, seed, until };
}

export function settle(plan: TimestampPlan, now: number): SettledTimestamps {
  return plan.from === 'column' ? plan : { ...plan, until: plan.until ?? Math.trunc(now) };
}

/**
 * `now - (files - 1 - file) · 7 days - day · 1 day`: the last file is the newest week, day 0 its newest day. Where a
 * file has more than 7 days, the files follow each other without a gap.
 */
export function dayStamp(plan: { days: number; until: number }, files: number, file: number, day: number): number {
  const period = Math.max(DAYS_A_FILE, plan.days) * DAY_MS;
  return plan.until - (files - 1 - file) * period - day * DAY_MS;
}

/** @throws PublishError `PUBLISH_DAY_TOO_LARGE` */
export function checkDayFits({ rowsPerDay }: { rowsPerDay: number }, file: { path: string; rows: number }): void {
  if (rowsPerDay <= file.rows) return;
  const message = `${file.path}: ${file.rows.toLocaleString('en')} rows, ${rowsPerDay.toLocaleString('en')} are wanted for a day`;
  const hint = 'Ask for fewer rows a day: no row comes twice on one day.';
  throw new PublishError('PUBLISH_DAY_TOO_LARGE', message, { hint });
}

/** The rows of one day, ascending: `rowsPerDay` of `rows`, every choice equally likely, the same at every run. */
export function rowsOfDay(
  plan: Pick<SpreadTimestamps, 'days' | 'rowsPerDay' | 'seed'>,
  rows: number,
  file: number,
  day: number,
): Uint32Array {
  const stream = file * plan.days + day;
  return Random.stream(plan.seed, stream).sample(rows, plan.rowsPerDay).sort();
}

/** The id of an event's copy on one day: 32 hex digits, the same for the same event and time on every machine. */
export function copyId(eventId: string, timestamp: number): string {
  const hash = createHash('sha256');
  for (const field of [COPY_DOMAIN, eventId, String(timestamp)]) {
    const bytes = Buffer.from(field, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.byteLength);
    hash.update(length).update(bytes);
  }
  return hash.digest('hex').slice(0, 32);
}

// Production events with the times that they were published with: those of their column, or spread over days.

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

/** Counts a table's embeddings. @param check looks at the table first @throws DataError, DriftError, FileError */
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
