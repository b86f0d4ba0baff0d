/** The event ids that the server has, of a time range or of a dataset: what tells whether a lost request was done. */

import { parquetReadObjects } from 'hyparquet';
import { type FiddlerClient, FiddlerError, type Model } from '../../client/index.js';
import type { PublishEnvironment } from '../options/index.js';
import type { TimeRange } from '../plan/plan.js';
import { DAY_MS } from '../plan/timestamps.js';
import { PublishError } from '../publish-error.js';

/** Asked for always: a server's own default may be less, and a shorter answer would read as "not there". */
const MAX_STORED_ROWS = 1_000_000;
/** Where all events of a range have one time, more are asked for at once: as many ids as an answer can hold. */
const MOST_STORED_ROWS = 16 * MAX_STORED_ROWS;
export const TOO_MANY_STORED = 'PUBLISH_TOO_MANY_STORED';
const ROUND_ROWS = 500;
/** No event is later than 2200. */
const LATEST_TIME = Date.UTC(2200, 0);
/** The most rows that a server has given in one answer: its own limit is not lower. */
const mostGiven = new WeakMap<FiddlerClient, number>();
/** The server counts whole seconds, and whether the end belongs to the range is not said anywhere. */
const RANGE_MARGIN_MS = 1_000;

export interface StoredIds {
  ids: Set<string>;
  /** Ids that are stored more than once, with how often. */
  repeated: Map<string, number>;
}

export interface StoredPlace {
  client: FiddlerClient;
  model: Model;
  environment: PublishEnvironment;
  /** Rows asked for at a time; a spec has fewer. */
  maxRows?: number;
  /** The columns of each row; default: its id alone. */
  columns?: readonly string[];
  /** By how much a range is widened on both sides, so that no event of it is missed; default a second. */
  marginMs?: number;
}

/**
 * Null if not offered, or without event ids; empty without such a dataset. @param times null: all of the environment
 * @throws FiddlerError; PublishError `PUBLISH_TOO_MANY_STORED`
 */
export async function storedIds(place: StoredPlace, times: TimeRange | null): Promise<StoredIds | null> {
  const { client, model, environment } = place;
  const column = model.event_id_col ?? null;
  if (column === null) return null;
  const found: StoredIds = { ids: new Set(), repeated: new Map() };
  const use = (rows: readonly StoredRow[]) => add(rows, column, found);
  if (environment.type === 'PRODUCTION') return (await collect(place, { times }, use)) ? found : null;
  const dataset = await client.environments.byName(model.id, environment.name);
  if (dataset === null) return found;
  return (await collect(place, { times: null, envId: dataset.id }, use)) ? found : null;
}

interface Slice {
  times: TimeRange | null;
  /** The dataset's id; left out for production. */
  envId?: string | undefined;
}

export type StoredRow = Record<string, unknown>;
/** Takes the rows of one answer; false where they lack what was asked for. */
type Use = (rows: readonly StoredRow[]) => boolean;

/**
 * Every stored production event of a time range, or of all times, an answer at a time: some twice, as neighbouring
 * ranges overlap. A server with S events that gives C at a time is asked at most 2 S / C + 40 times.
 * @param columns of each row @param use takes the rows of an answer; false ends it
 * @returns false where the server does not offer it, or `use` has ended it
 * @throws FiddlerError; PublishError `PUBLISH_TOO_MANY_STORED`
 */
export function eachStored(
  place: StoredPlace,
  times: TimeRange | null,
  columns: readonly string[],
  use: Use,
): Promise<boolean> {
  return collect({ ...place, columns }, { times }, use);
}

/** Whether there is any event in the range, or dataset; null where the server does not tell. @throws FiddlerError */
export async function hasStored(place: StoredPlace, { times, envId }: Slice): Promise<boolean | null> {
  if ((place.model.event_id_col ?? null) === null) return null;
  const rows = await download({ ...place, marginMs: RANGE_MARGIN_MS }, { times, envId }, 1);
  return rows && rows.length > 0;
}

/** At most `maxRows` events of the slice. Null where the server does not tell. */
async function download(place: StoredPlace, { times, envId }: Slice, maxRows: number): Promise<StoredRow[] | null> {
  const { client, model, environment, marginMs, columns = [model.event_id_col as string] } = place;
  const query = { modelId: model.id, envType: environment.type, columns, maxRows };
  const range = times === null ? {} : { timeRange: widened(times, marginMs) };
  const answer = await client.rows.download({ ...query, ...range, ...(envId === undefined ? {} : { envId }) });
  if (answer === null) return null;
  const rows = await rowsOf(answer);
  mostGiven.set(client, Math.max(rows.length, mostGiven.get(client) ?? 0));
  return rows;
}

/** False where the server does not tell. A range with too many events for one answer is asked for in halves. */
async function collect(place: StoredPlace, slice: Slice, use: Use, asked = place.maxRows): Promise<boolean> {
  const { times } = slice;
  const maxRows = asked ?? MAX_STORED_ROWS;
  const rows = await download(place, slice, maxRows);
  if (rows === null) return false;
  const isAllTimes = times === null && place.environment.type === 'PRODUCTION';
  const canBeCut = isAllTimes || isDivisible(times);
  const isWhole = rows.length < maxRows && (!canBeCut || !(await mayBeCut(place, rows.length)));
  if (isWhole) return use(rows);
  if (canBeCut) {
    for (const half of halvesOf(times ?? (await storedRange(place)))) {
      if (!(await collect(place, { ...slice, times: half }, use, asked))) return false;
    }
    return true;
  }
  if (rows.length > maxRows || maxRows >= MOST_STORED_ROWS) throw tooMany(maxRows);
  let most = 0;
  const counted: Use = (more) => {
    most = Math.max(most, more.length);
    return use(more);
  };
  const more = await collect(place, slice, counted, maxRows * 4);
  // A server that never gives more rows than this has not shown all of them.
  if (more && most === rows.length) throw tooMany(maxRows);
  return more;
}

/** From the first to the last day that has an event, by asking for one event of ever smaller ranges. */
async function storedRange(place: StoredPlace): Promise<TimeRange> {
  const has = async (from: number, to: number) => (await hasStored(place, { times: { from, to } })) === true;
  let from = 0;
  for (let step = LATEST_TIME / 2; step > DAY_MS / 2; step /= 2) if (!(await has(0, from + step))) from += step;
  let to = LATEST_TIME;
  for (let step = LATEST_TIME / 2; step > DAY_MS / 2; step /= 2) {
    if (to - step > from && !(await has(to - step, LATEST_TIME))) to -= step;
  }
  return { from: Math.floor(from), to: Math.ceil(to) };
}

/**
 * Whether there may be more events than it gave: a server's limit is a round number, whatever is asked for. An answer
 * with one row more, of all times, shows that its limit is another.
 */
async function mayBeCut(place: StoredPlace, rows: number): Promise<boolean> {
  if (rows === 0 || rows % ROUND_ROWS !== 0) return false;
  const mayBeLimit = () => (mostGiven.get(place.client) ?? 0) <= rows;
  if (mayBeLimit()) await download(place, { times: null }, rows + 1);
  return mayBeLimit();
}

/** Not a range of one second, in which the server tells no times apart. */
function isDivisible(times: TimeRange | null): boolean {
  return times !== null && times.to - times.from >= 1_000;
}

function halvesOf(times: TimeRange): [TimeRange, TimeRange] {
  const middle = Math.floor((times.from + times.to) / 2);
  return [
    { from: times.from, to: middle },
    { from: middle + 1, to: times.to },
  ];
}

function widened({ from, to }: TimeRange, margin = RANGE_MARGIN_MS): { start: Date; end: Date } {
  return { start: new Date(from - margin), end: new Date(to + margin) };
}

/** Halves overlap by their margins, so only what one answer repeats is stored twice. */
function add(rows: readonly StoredRow[], column: string, { ids, repeated }: StoredIds): boolean {
  // A server that does not know the column, or keeps it to itself, does not tell.
  if (rows.length > 0 && !(column in (rows[0] as object))) return false;
  const here = new Map<string, number>();
  for (const row of rows) {
    const id = String(row[column]);
    here.set(id, (here.get(id) ?? 0) + 1);
  }
  for (const [id, times] of here) {
    ids.add(id);
    if (times > 1) repeated.set(id, Math.max(times, repeated.get(id) ?? 0));
  }
  return true;
}

async function rowsOf(parquet: Uint8Array<ArrayBuffer>): Promise<StoredRow[]> {
  try {
    const file = parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.byteLength);
    // Compiles WebAssembly as it is imported.
    const { compressors } = await import('hyparquet-compressors');
    return await parquetReadObjects({ file, compressors });
  } catch (error) {
    throw new FiddlerError('ANSWER_UNREADABLE', 'the rows that the server sent cannot be read as parquet', {
      cause: error,
    });
  }
}

function tooMany(rows: number): PublishError {
  return new PublishError(
    TOO_MANY_STORED,
    `the server has ${rows.toLocaleString('en')} events or more at one time, and does not show all of them`,
    {
      exitCode: 5,
      hint: 'Which of ours are among them cannot be read back. Look at the event count in Fiddler. If they are not there, run again with --resend, which sends them once more.',
    },
  );
}
