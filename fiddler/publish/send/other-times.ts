/**
 * Does the server have events of ours with other times? Other looks ask for a chunk's time range: an event whose date
 * was corrected is not there, and would be stored again under the same id. So all times are asked for, once a run.
 * The answer has a row for each stored event: a million take one request, or as many as the server's limit makes
 * necessary (`eachStored`). Ours are held in a table of 40 bytes an event.
 */
import { Rejected, serverTime } from '../../client/index.js';
import { readChunks } from '../chunks/read-chunks.js';
import { EventTimes } from '../plan/duplicates.js';
import { type Chunk, groupsOf, type PublishPlan, rangeOf, type TimeRange } from '../plan/plan.js';
import { PublishError } from '../publish-error.js';
import type { StopSignal } from './context.js';
import { eachStored, hasStored, type StoredPlace, type StoredRow, storedIds, TOO_MANY_STORED } from './stored-ids.js';

/** Events that are compared at a time: a table of 160 MB at most. The server is asked once for each. */
const ROWS_TOGETHER = 4_000_000;
/** The server counts whole seconds. */
const SAME_MS = 1_000;
/** A model with more events is not read whole, and a warning says so. */
const MOST_ROWS = 20_000_000;
const IDS_SHOWN = 10_000;
/** Seconds since 1970 until the year 5138; milliseconds from 1973 on. */
const MOST_SECONDS = 1e11;
const FIRST_TIME = 0;
const LAST_TIME = Date.UTC(2200, 0);

export interface OtherTime {
  id: string;
  /** Both in ms since 1970. `stored`: null where the server has the event outside of our range, and gives no time. */
  own: number;
  stored: number | null;
}

export interface OtherTimes {
  /** Events of ours that the server has with another time. */
  count: number;
  /** The first 10,000. */
  events: readonly OtherTime[];
  /** False where the server has so many events that not all were compared. */
  all: boolean;
}

export interface OtherTimesOptions {
  place: StoredPlace;
  plan: PublishPlan;
  stop: StopSignal;
}

/** @returns null where the server does not tell. @throws FiddlerError, PublishError */
export async function otherTimes(options: OtherTimesOptions, chunks: readonly Chunk[]): Promise<OtherTimes | null> {
  const { place } = options;
  const found: Found = { count: 0, events: [], all: true };
  if (place.environment.type !== 'PRODUCTION' || rangeOf(chunks) === null) return found;
  const isAnyStored = await hasStored(place, { times: null });
  if (isAnyStored === null) return null;
  if (!isAnyStored) return found;
  for (const together of groupsOf(chunks, ROWS_TOGETHER)) {
    const own = await timesOf(options, together);
    try {
      const told = (await compareTimes(place, own, found)) ?? (await compareRanges(place, own, together, found));
      if (!told) return null;
    } catch (error) {
      // They may be other events: the looks at ours say so themselves.
      if (!(error instanceof PublishError) || error.code !== TOO_MANY_STORED) throw error;
      found.all = false;
    }
  }
  return found;
}

/** @throws PublishError `PUBLISH_OTHER_TIMES` */
export async function refuseOtherTimes(options: OtherTimesOptions, { count, events }: OtherTimes): Promise<void> {
  const [first] = events;
  if (first === undefined) return;
  const { id, own, stored } = first;
  const has = stored === null ? 'outside of the time range of these events' : `with ${iso(stored)}`;
  const more = count === 1 ? '' : `; so it is with ${count.toLocaleString('en')} events`;
  const message = `${await placeOf(options, id)}: event ${id} has the time ${iso(own)}, the server has it ${has}${more}`;
  const hint =
    'They would be stored twice. To correct their times, delete them first (image-drift delete --journal of the earlier publish, or --ids FILE), then publish again. If they are other events, give them other ids.';
  throw new PublishError('PUBLISH_OTHER_TIMES', message, { hint });
}

type Found = { count: number; events: OtherTime[]; all: boolean };

function note(found: Found, other: OtherTime): void {
  found.count++;
  if (found.events.length < IDS_SHOWN) found.events.push(other);
}

async function timesOf({ plan, stop }: OtherTimesOptions, chunks: readonly Chunk[]): Promise<EventTimes> {
  const wanted = new Set(chunks.map(({ index }) => index));
  const own = new EventTimes(chunks.reduce((sum, { rows }) => sum + rows, 0));
  for await (const { batch } of readChunks(plan, ({ index }) => wanted.has(index))) {
    stop.check();
    for (const [row, id] of batch.eventIds.entries()) {
      const time = batch.timestamps[row] ?? null;
      if (id !== null && time !== null) own.add(id, time);
    }
  }
  return own;
}

/** By the times in the answer. Null where it has none, or the server's filter says that they mean something else. */
async function compareTimes(place: StoredPlace, own: EventTimes, into: Found): Promise<boolean | null> {
  const { model } = place;
  const id = model.event_id_col as string;
  const time = model.event_ts_col ?? null;
  if (time === null) return null;
  const found: Found = { count: 0, events: [], all: true };
  const seen = new Set<string>();
  let rows = 0;
  let isAnyAsKnown = false;
  const isTold = await eachStored(place, null, [id, time], (answer) => {
    rows += answer.length;
    if (rows > MOST_ROWS) found.all = false;
    if (!found.all || !answer.every((row) => storedTime(row[time]) !== null)) return false;
    for (const event of storedOf(answer, { id, time }, own)) {
      if (Math.abs(event.stored - event.own) <= SAME_MS) isAnyAsKnown = true;
      else if (!seen.has(event.id)) {
        seen.add(event.id);
        note(found, event);
      }
    }
    return true;
  }).catch((error: unknown) => {
    // The column of times need not be one that a server shows.
    if (error instanceof Rejected) return false;
    throw error;
  });
  if (!isTold && found.all) return null;
  const [first] = found.events;
  if (first !== undefined && !isAnyAsKnown && (await isWithin(place, first))) return null;
  into.count += found.count;
  into.events.push(...found.events.slice(0, IDS_SHOWN - into.events.length));
  into.all &&= found.all;
  return true;
}

/** Those of the rows that are events of ours. */
function* storedOf(
  rows: readonly StoredRow[],
  columns: { id: string; time: string },
  own: EventTimes,
): Generator<OtherTime & { stored: number }> {
  for (const row of rows) {
    const id = String(row[columns.id]);
    const time = own.get(id);
    if (time !== null) yield { id, own: time, stored: storedTime(row[columns.time]) as number };
  }
}

/** Whether the server finds the event in our second: then the time in its answer is not what we read in it. */
async function isWithin(place: StoredPlace, { id, own }: OtherTime): Promise<boolean> {
  const stored = await storedIds(place, { from: own, to: own });
  return stored?.ids.has(id) === true;
}

/** By what the server has before and after the range of our events. */
async function compareRanges(
  place: StoredPlace,
  own: EventTimes,
  chunks: readonly Chunk[],
  into: Found,
): Promise<boolean> {
  const { from, to } = rangeOf(chunks) as TimeRange;
  const id = place.model.event_id_col as string;
  const margin = 2 * SAME_MS + 1;
  const outside = [
    { from: FIRST_TIME, to: from - margin },
    { from: to + margin, to: LAST_TIME },
  ];
  const seen = new Set<string>();
  for (const times of outside) {
    const isTold = await eachStored(place, times, [id], (rows) => {
      if (rows.length > 0 && !(id in (rows[0] as object))) return false;
      for (const row of rows) {
        const time = own.get(String(row[id]));
        if (time === null || seen.has(String(row[id]))) continue;
        seen.add(String(row[id]));
        note(into, { id: String(row[id]), own: time, stored: null });
      }
      return true;
    });
    if (!isTold) return false;
  }
  return true;
}

/** ms since 1970, from what a server may write: ms or s, a date, or text. */
function storedTime(value: unknown): number | null {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'string') return serverTime(value)?.getTime() ?? null;
  if (typeof value !== 'number' && typeof value !== 'bigint') return null;
  const number = Number(value);
  return number < MOST_SECONDS ? number * 1_000 : number;
}

async function placeOf({ plan }: OtherTimesOptions, wanted: string): Promise<string> {
  for await (const { chunk, batch } of readChunks(plan, () => true)) {
    const row = batch.eventIds.indexOf(wanted);
    if (row < 0) continue;
    const { path } = plan.files[chunk.file] as PublishPlan['files'][number];
    // The rows of a day are drawn: their numbers are those of the day.
    const day = chunk.day === null ? '' : ` day ${chunk.day}`;
    return `${path}${day} row ${(chunk.firstRow + row).toLocaleString('en')}`;
  }
  return plan.files.map(({ path }) => path).join(', ');
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
