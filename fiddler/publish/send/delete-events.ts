/** Deletes production events by a journal, by their ids, or by time. A dry run only counts them. */
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { filled, type Settled } from '../../../base/index.js';
import { fileError, isThere } from '../../../files/index.js';
import { type FiddlerClient, isStatusUnknown, MAX_IDS_PER_DELETION, type Model } from '../../client/index.js';
import { readChunks } from '../chunks/read-chunks.js';
import { reopenJournals } from '../journal/folder.js';
import { lockJournal } from '../journal/journal.js';
import { checkJournalPlace, placeOf } from '../journal/match.js';
import { readJournalHeader } from '../journal/read.js';
import { type DeleteOptions, deleteFields } from '../options/index.js';
import { rangeOf, type TimeRange } from '../plan/plan.js';
import { preparePublish } from '../plan/prepare.js';
import { PublishError } from '../publish-error.js';
import { storedIds } from './stored-ids.js';

export type DeleteWhat =
  /** Every event of a publish. Its journal is renamed if they were there, so that they can be published again. */
  | { journal: string }
  | { ids: readonly string[] }
  /** From `from` on, before `to`; ms since 1970. */
  | { times: TimeRange };

export interface Deleted {
  /** Events that were asked for; null for a range of time. */
  asked: number | null;
  /** How many of them the server had; null where it does not tell. */
  found: number | null;
  /** False in a dry run. */
  deleted: boolean;
  /** Whether the server was asked afterwards, and has none of them. False in a dry run, or if it cannot say. */
  confirmed: boolean;
  jobs: readonly string[];
  /** What the journal is called now; null if there is none, or if none of its events was there. */
  journal: string | null;
  /** Other journals of the model: publishing with one of them asks the server again. */
  reopened: readonly string[];
}

/** @throws PublishError `DELETE_…`, `JOURNAL_…`; FiddlerError `JOB_FAILED`; FileError, DataError */
export async function deleteEvents(client: FiddlerClient, what: DeleteWhat, options: DeleteOptions): Promise<Deleted> {
  if (!('journal' in what)) return removeEvents(client, what, options);
  const lock = await lockJournal(what.journal);
  try {
    return await removeEvents(client, what, options);
  } finally {
    await lock.release();
  }
}

async function removeEvents(client: FiddlerClient, what: DeleteWhat, options: DeleteOptions): Promise<Deleted> {
  const settled = filled(options, deleteFields);
  const { model, dryRun, journalFolders } = settled;
  const selected = await selectedOf(client, what, model);
  const environment = { type: 'PRODUCTION' as const };
  const place = { client, model, environment, ...('times' in what ? { marginMs: 0 } : {}) };
  const stored = await storedIds(place, selected.times);
  const ours = stored && (selected.ids?.filter((id) => stored.ids.has(id)) ?? [...stored.ids]);
  const asked = selected.ids?.length ?? null;
  const found = ours?.length ?? null;
  if (dryRun) return { asked, found, deleted: false, confirmed: false, jobs: [], journal: null, reopened: [] };
  const jobs: string[] = [];
  for (const start of await begin(client, what, selected.ids, model)) {
    const { id } = await start();
    await ended(client, id, stored !== null);
    jobs.push(id);
  }
  const confirmed = stored !== null && (await untilGone(place, selected, new Set(selected.ids ?? ours), settled));
  const journal = 'journal' in what && found !== 0 ? await setAside(what.journal) : null;
  const folders = [...journalFolders, ...('journal' in what ? [dirname(what.journal)] : [])];
  const reopened = await reopenJournals(folders, placeOf(client.url, await client.serverInfo(), model));
  return { asked, found, deleted: true, confirmed, jobs, journal, reopened };
}

/** @param canLook whether the events tell how a job ended that has a status which nobody knows */
async function ended(client: FiddlerClient, job: string, canLook: boolean): Promise<void> {
  try {
    await client.jobs.wait(job);
  } catch (error) {
    if (!(canLook && isStatusUnknown(error))) throw error;
  }
}

interface Selected {
  /** Null for all events of the range. */
  ids: readonly string[] | null;
  /** Where they are; null where that is not known. */
  times: TimeRange | null;
}

async function selectedOf(client: FiddlerClient, what: DeleteWhat, model: Model): Promise<Selected> {
  if ('times' in what) return { ids: null, times: { from: what.times.from, to: what.times.to - 1 } };
  if ('ids' in what) {
    if (what.ids.length === 0) throw new PublishError('DELETE_NOTHING', 'no event ids are given');
    return { ids: [...new Set(what.ids)], times: null };
  }
  return publishedIds(client, what.journal, model);
}

/** From the journal's event files, which must be as they were. */
async function publishedIds(client: FiddlerClient, journal: string, model: Model): Promise<Selected> {
  const header = await readJournalHeader(journal);
  checkJournalPlace(journal, header, placeOf(client.url, await client.serverInfo(), model));
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

/** The next publish must not find deleted events still visible. @returns whether the server shows its events */
async function untilGone(
  place: Parameters<typeof storedIds>[0],
  { ids, times }: Selected,
  deleted: ReadonlySet<string>,
  { lagSeconds, settleSeconds, onWait }: Settled<typeof deleteFields>,
): Promise<boolean> {
  const range = ids === null ? wholeSeconds(times as TimeRange) : times;
  // Less than a second has no whole one: which events belong to it, the server decides.
  if (ids === null && range === null) return false;
  const began = performance.now();
  for (;;) {
    const stored = await storedIds(place, range);
    if (stored === null) return false;
    const left = [...stored.ids].filter((id) => deleted.has(id)).length;
    if (left === 0) return true;
    if ((performance.now() - began) / 1_000 > lagSeconds) {
      const events = `${left.toLocaleString('en')} ${left === 1 ? 'event' : 'events'}`;
      throw new PublishError('DELETE_NOT_GONE', `the deletion has ended, but ${events} can still be read back`, {
        exitCode: 5,
        hint: 'Run the same command again later.',
      });
    }
    onWait?.('the deleted events to disappear');
    await sleep(settleSeconds * 1_000);
  }
}

/** Whether the last second of a range of time belongs to it, the server decides. */
function wholeSeconds({ from, to }: TimeRange): TimeRange | null {
  const whole = { from: Math.ceil(from / 1_000) * 1_000, to: Math.floor((to + 1) / 1_000) * 1_000 - 1_001 };
  return whole.to > whole.from ? whole : null;
}

/** Under a name that no earlier deletion has taken. */
async function setAside(journal: string): Promise<string> {
  let path = `${journal}.deleted`;
  for (let number = 2; await isThere(path); number++) path = `${journal}.deleted-${number}`;
  await rename(journal, path).catch((error: unknown) => {
    throw fileError(journal, error);
  });
  return path;
}
