/**
 * The way back: deletes production events by a journal, by their ids, or by time. Nothing is deleted in a dry run, which
 * tells how many events there are.
 */
import { rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FiddlerClient, MAX_IDS_PER_DELETION, type Model } from '../../fiddler/index.js';
import { fileError } from '../../files/index.js';
import { readChunks } from '../chunks/read-chunks.js';
import { readJournalHeader } from '../journal/header.js';
import { JournalLock } from '../journal/lock.js';
import type { TimeRange } from '../plan/plan.js';
import { preparePublish } from '../plan/prepare.js';
import { PublishError } from '../publish-error.js';
import { rangeOf } from './gate.js';
import { DEFAULT_LAG_SECONDS, DEFAULT_SETTLE_SECONDS } from './publish-events.js';
import { storedIds } from './stored-ids.js';

export type DeleteWhat =
  /** Every event of a publish; its journal is then renamed, so that they can be published again. */
  | { journal: string }
  | { ids: readonly string[] }
  /** From `from` on, before `to`; ms since 1970. */
  | { times: TimeRange };

export interface DeleteOptions {
  model: Model;
  dryRun?: boolean | undefined;
  settleSeconds?: number | undefined;
  /** How long deleted events may still be visible. */
  lagSeconds?: number | undefined;
  onWait?: ((what: string) => void) | undefined;
}

export interface Deleted {
  /** Events that were asked for; null for a range of time. */
  asked: number | null;
  /** How many of them the server had; null where it does not tell. */
  found: number | null;
  /** False in a dry run. */
  deleted: boolean;
  jobs: readonly string[];
  /** What the journal is called now. */
  journal: string | null;
}

/** @throws PublishError `DELETE_…`, `JOURNAL_…`; FiddlerError `JOB_FAILED`; FileError, DataError */
export async function deleteEvents(client: FiddlerClient, what: DeleteWhat, options: DeleteOptions): Promise<Deleted> {
  if (!('journal' in what)) return removeEvents(client, what, options);
  const lock = await JournalLock.take(what.journal);
  try {
    return await removeEvents(client, what, options);
  } finally {
    await lock.release();
  }
}

async function removeEvents(client: FiddlerClient, what: DeleteWhat, options: DeleteOptions): Promise<Deleted> {
  const { model, dryRun = false } = options;
  const selected = await selectedOf(what, model);
  const environment = { type: 'PRODUCTION' as const };
  const place = { client, model, environment, ...('times' in what ? { marginMs: 0 } : {}) };
  const stored = await storedIds(place, selected.times);
  const ours = stored && (selected.ids?.filter((id) => stored.ids.has(id)) ?? [...stored.ids]);
  const asked = selected.ids?.length ?? null;
  const found = ours?.length ?? null;
  if (dryRun) return { asked, found, deleted: false, jobs: [], journal: null };
  const jobs: string[] = [];
  for (const start of await begin(client, what, selected.ids, model)) {
    const { id } = await start();
    await client.jobs.wait(id);
    jobs.push(id);
  }
  // Whether the last second of a range of time belongs to it, the server decides.
  if (selected.ids !== null) await untilGone(place, selected, ours ?? [], options);
  const journal = 'journal' in what ? await setAside(what.journal) : null;
  return { asked, found, deleted: true, jobs, journal };
}

interface Selected {
  ids: readonly string[] | null;
  /** Where they are; null where that is not known. */
  times: TimeRange | null;
}

async function selectedOf(what: DeleteWhat, model: Model): Promise<Selected> {
  if ('times' in what) return { ids: null, times: { from: what.times.from, to: what.times.to - 1 } };
  if ('ids' in what) {
    if (what.ids.length === 0) throw new PublishError('DELETE_NOTHING', 'no event ids are given');
    return { ids: [...new Set(what.ids)], times: null };
  }
  return publishedIds(what.journal, model);
}

/** From the journal's event files, which must be as they were. */
async function publishedIds(journal: string, model: Model): Promise<Selected> {
  const header = await readJournalHeader(journal);
  const { plan } = await preparePublish({
    files: header.files.map(({ path }) => path),
    model,
    environment: { type: 'PRODUCTION' },
    timestamps: header.timestamps,
    now: Date.now(),
  });
  const changed = plan.files.find(({ sha256 }, i) => sha256 !== header.files[i]?.sha256);
  if (changed !== undefined) {
    throw new PublishError('JOURNAL_OTHER_FILE', `${journal}: ${changed.path} is another file than was published`, {
      hint: 'Delete by --ids or by --from and --to.',
    });
  }
  const ids: string[] = [];
  for await (const { batch } of readChunks(plan, () => true)) ids.push(...(batch.eventIds as readonly string[]));
  return { ids, times: rangeOf(plan.chunks) };
}

async function begin(client: FiddlerClient, what: DeleteWhat, ids: readonly string[] | null, model: Model) {
  if (ids === null) {
    const { from, to } = ('times' in what ? what.times : null) as TimeRange;
    const range = { start: new Date(from), end: new Date(to), updateMetrics: true };
    return [() => client.events.deleteByTime({ modelId: model.id, ...range })];
  }
  return Array.from({ length: Math.ceil(ids.length / MAX_IDS_PER_DELETION) }, (_, part) => {
    const eventIds = ids.slice(part * MAX_IDS_PER_DELETION, (part + 1) * MAX_IDS_PER_DELETION);
    return () => client.events.deleteByIds({ modelId: model.id, eventIds });
  });
}

/** A publish that follows must not take deleted events that are still visible for its own. */
async function untilGone(
  place: Parameters<typeof storedIds>[0],
  { times }: Selected,
  ours: readonly string[],
  { lagSeconds = DEFAULT_LAG_SECONDS, settleSeconds = DEFAULT_SETTLE_SECONDS, onWait }: DeleteOptions,
): Promise<void> {
  const began = performance.now();
  for (;;) {
    const stored = ours.length === 0 ? null : await storedIds(place, times);
    const left = stored === null ? 0 : ours.reduce((count, id) => count + (stored.ids.has(id) ? 1 : 0), 0);
    if (left === 0) return;
    if ((performance.now() - began) / 1_000 > lagSeconds) {
      const events = `${left.toLocaleString('en')} of ${ours.length.toLocaleString('en')} events`;
      throw new PublishError('DELETE_NOT_GONE', `the deletion has ended, but ${events} can still be read back`, {
        exitCode: 5,
        hint: 'Run the same command again later.',
      });
    }
    onWait?.('the deleted events to disappear');
    await sleep(settleSeconds * 1_000);
  }
}

async function setAside(journal: string): Promise<string> {
  const path = `${journal}.deleted`;
  await rename(journal, path).catch((error: unknown) => {
    throw fileError(journal, error);
  });
  return path;
}
