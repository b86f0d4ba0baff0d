/**
 * Which of a chunk's events does the server have? It is asked until its answer can be relied on:
 * 1. Its jobs: every unfinished one of this model that is not known to be another chunk's could be ours; each is waited
 *    for, as its events come only now.
 * 2. Its events: the stored ids of the chunk's time range. All there: published.
 * 3. Some missing: a request can still be on its way (of a dead process, or being worked on), so both are asked again
 *    after the settle time, and only two equal answers count.
 * 4. Still missing, but a job of unknown origin of this environment has ended well lately, or there are no jobs to ask
 *    for (a stream): its events may not be visible yet (Fiddler's documents: 3 to 5 minutes), so asking goes on.
 * A server that shows events later, or carries out a request that was on the wire for longer than the settle time, can
 * still get an event twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type Job, type Model } from '../../client/index.js';
import { type ChunkRows, readChunks } from '../chunks/read-chunks.js';
import { type Chunk, groupsOf, rangeOf } from '../plan/plan.js';
import { PublishError } from '../publish-error.js';
import type { PublishContext } from './context.js';
import type { RunContext } from './model-jobs.js';
import { type StoredIds, storedIds } from './stored-ids.js';

const LONGEST_PAUSE_SECONDS = 15;

export interface Doubt {
  /** A request with these events may still be on its way: one look is not enough. */
  underWay: boolean;
  /** When such a request was sent at the latest, ms since 1970. Without jobs, its events can appear from then on. */
  sentAt: number;
  /** How many of the chunk's events the server said that it has; null where it did not say. */
  acknowledged: number | null;
}

/** A single look, which shows what is visible now. Null where the server does not tell. */
export async function storedNow(context: PublishContext, chunk: Chunk, ids: readonly string[]) {
  await context.reads.next();
  const stored = await storedIds(context.place, chunk.times);
  return stored && new Set(ids.filter((id) => stored.ids.has(id)));
}

/** The ids of the chunk that the server has, for certain; null where it does not tell. @throws FiddlerError */
export async function storedForCertain(
  context: RunContext,
  chunk: Chunk,
  ids: readonly string[],
  doubt: Doubt,
): Promise<Set<string> | null> {
  const { onWait } = context;
  let before = doubt.underWay ? null : -1;
  for (let looks = 0; ; looks++) {
    const jobs = await settledJobs(context);
    const found = await storedNow(context, chunk, ids);
    if (found === null || found.size === ids.length) return found;
    const said = doubt.acknowledged !== null && found.size >= doubt.acknowledged;
    const mayAppear = !said && mayStillAppear(context, jobs, doubt);
    if ((found.size === before || before === -1) && !mayAppear) return found;
    before = found.size;
    if (mayAppear) onWait('events of a request without an answer to appear on the server');
    await pauseAfter(context, looks);
  }
}

/** Looks follow each other at the settle time, then less and less often. */
async function pauseAfter({ settleSeconds, stop }: PublishContext, looks: number): Promise<void> {
  await stop.race(sleep(Math.min(LONGEST_PAUSE_SECONDS, settleSeconds * 1.3 ** looks) * 1_000));
}

/** Jobs that may be of a chunk in doubt, all ended; null where the server does not list jobs. */
async function settledJobs({ jobs, onWait }: RunContext): Promise<Job[] | null> {
  for (;;) {
    const strangers = await jobs.strangers();
    const running = strangers?.filter((job) => isRunning(job)) ?? [];
    if (running.length === 0) return strangers;
    onWait(`${running.length} unfinished job${running.length > 1 ? 's' : ''} of the model`);
    for (const job of running) await jobs.waitFor(job);
  }
}

function mayStillAppear(
  { mode, journal, lagSeconds, jobs }: RunContext,
  strangers: readonly Job[] | null,
  doubt: Doubt,
) {
  if (mode === 'stream' || strangers === null) return Date.now() - doubt.sentAt < lagSeconds * 1_000;
  return strangers.filter((job) => jobs.mayAppear(job)).length > journal.foundWithoutJob;
}

/** The error for a chunk that nobody can look up. */
export function outcomeUnknown(model: Model, chunk: Chunk): PublishError {
  const why = model.event_id_col
    ? 'the server does not let one read events back'
    : `model ${model.name} has no column of event ids (event_id_col)`;
  const message = `chunk ${chunk.index} (${chunk.rows.toLocaleString('en')} events) was sent and not answered, and ${why}`;
  const hint =
    'Look at the event count in Fiddler. If they are not there, run again with --resend, which sends them once more.';
  return new PublishError('PUBLISH_OUTCOME_UNKNOWN', message, { exitCode: 5, hint });
}

// Does the server have what it said that it took? Answers and jobs count rows that may not be stored, so the ids of
// chunks that are done are read back. Missing ones are waited for, since events take a while to become visible.

/** Chunks that are looked at together: their ids, and those that the server has in their time, are held at once. */
const ROWS_TOGETHER = 200_000;
const IDS_SHOWN = 10_000;

export interface Confirmation {
  /** False where the server does not let one read back: then nothing else here means anything. */
  told: boolean;
  /** Events that are stored. */
  found: number;
  /** Events of chunks that are done and are not all there. */
  missing: number;
  /** Ids that are stored more than once, the first of them. */
  repeated: number;
  repeatedIds: string[];
  /** Chunks that miss events, with how many are there. */
  short: { chunk: Chunk; found: number }[];
}

/** Notes in the journal which chunks are whole. @throws FiddlerError, PublishError */
export async function confirmStored(
  context: PublishContext,
  chunks: readonly Chunk[],
  rowsTogether = ROWS_TOGETHER,
): Promise<Confirmation> {
  const result: Confirmation = { told: true, found: 0, missing: 0, repeated: 0, repeatedIds: [], short: [] };
  const asked = new Set(chunks);
  // One pass over the files for all groups.
  const read = readChunks(context.plan, (chunk) => asked.has(chunk));
  try {
    for (const together of groupsOf(chunks, rowsTogether)) {
      const ids = await nextIds(context, read, together.length);
      const stored = await lookLong(context, together, ids);
      if (stored === null) return { ...result, told: false };
      for (const chunk of together) await count(context, chunk, ids.get(chunk.index) ?? [], stored, result);
    }
  } finally {
    await read.return();
  }
  return result;
}

async function nextIds({ stop }: PublishContext, read: AsyncGenerator<ChunkRows, void, undefined>, chunks: number) {
  const ids = new Map<number, readonly string[]>();
  while (ids.size < chunks) {
    const next = await read.next();
    if (next.done) break;
    stop.check();
    ids.set(next.value.chunk.index, next.value.batch.eventIds as readonly string[]);
  }
  return ids;
}

export async function idsOf({ plan }: PublishContext, chunk: Chunk): Promise<readonly string[]> {
  for await (const { batch } of readChunks(plan, (one) => one === chunk)) return batch.eventIds as readonly string[];
  return [];
}

/** Until all are there, or the time is over in which they can become visible. */
async function lookLong(
  context: PublishContext,
  chunks: readonly Chunk[],
  ids: ReadonlyMap<number, readonly string[]>,
) {
  const { place, journal, reads, lagSeconds, onWait } = context;
  const doneAt = Math.max(...chunks.map(({ index }) => journal.doneAt(index)));
  for (let looks = 0; ; looks++) {
    await reads.next();
    const stored = await storedIds(place, rangeOf(chunks));
    if (stored === null) return null;
    const whole = chunks.every(({ index }) => (ids.get(index) ?? []).every((id) => stored.ids.has(id)));
    if (whole || Date.now() - doneAt > lagSeconds * 1_000) return stored;
    onWait('the events to become visible on the server');
    await pauseAfter(context, looks);
  }
}

async function count(
  { journal }: PublishContext,
  chunk: Chunk,
  ids: readonly string[],
  stored: StoredIds,
  into: Confirmation,
): Promise<void> {
  const found = ids.reduce((sum, id) => sum + (stored.ids.has(id) ? 1 : 0), 0);
  const repeated = ids.filter((id) => stored.repeated.has(id));
  into.found += found;
  into.missing += ids.length - found;
  into.repeated += repeated.length;
  if (into.repeatedIds.length < IDS_SHOWN) into.repeatedIds.push(...repeated.slice(0, IDS_SHOWN));
  if (found < ids.length) into.short.push({ chunk, found });
  // A chunk that is stored twice stays open: every later run tells it, until it is put right.
  else if (repeated.length === 0 && !journal.isSeen(chunk.index)) {
    await journal.note(chunk.index, { state: 'looked', found, of: ids.length });
  }
}
