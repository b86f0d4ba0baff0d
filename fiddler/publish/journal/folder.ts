/**
 * The other journals in a journal's folder, such as one a day: their jobs are no strangers' jobs. After a deletion,
 * chunks that journals of the model call done are opened again, so that the next publish asks the server for them.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PublishError } from '../publish-error.js';
import { Journal, lockJournal } from './journal.js';
import type { JournalPlace } from './match.js';
import { type JournalHeader, MAX_JOURNAL_BYTES, parseJournal } from './read.js';

const NAME = /\.publish-.*\.jsonl$/;
/** The newest are asked for their jobs; jobs of older ones have ended long ago. */
const MAX_JOURNALS = 50;
const MAX_BYTES = 8 * 2 ** 20;

/** Jobs of those that are of the same model and of other event files. */
export async function jobsOfOthers(journal: string, own: JournalHeader): Promise<Set<string>> {
  const jobs = new Set<string>();
  const newest = (await journalsIn(dirname(journal), MAX_BYTES)).filter((path) => basename(path) !== basename(journal));
  for (const path of newest.slice(0, MAX_JOURNALS)) {
    const found = await readFile(path, 'utf8')
      .then((text) => parseJournal(path, text))
      .catch(() => null);
    if (found?.header === null || found === null || !isOfOtherEvents(found.header, own)) continue;
    for (const record of found.records) if ('job_id' in record && record.job_id !== null) jobs.add(record.job_id);
  }
  return jobs;
}

/** Journals by their usual names, the newest first. */
async function journalsIn(folder: string, maxBytes: number): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const files: { path: string; time: number }[] = [];
  for (const name of names.filter((one) => NAME.test(one))) {
    const path = join(folder, name);
    const is = await stat(path).catch(() => null);
    if (is?.isFile() === true && is.size <= maxBytes) files.push({ path, time: is.mtimeMs });
  }
  return files.sort((a, b) => b.time - a.time).map(({ path }) => path);
}

/** A second journal of the same events is just what must not go unseen. */
function isOfOtherEvents(other: JournalHeader, own: JournalHeader): boolean {
  const ours = new Set(own.files.map(({ sha256 }) => sha256));
  return other.model.id === own.model.id && other.files.every(({ sha256 }) => !ours.has(sha256));
}

/** @returns the journals that have such chunks. One that another run writes, or that is not whole, is left alone. */
export async function reopenJournals(folders: Iterable<string>, place: JournalPlace): Promise<string[]> {
  const reopened: string[] = [];
  for (const folder of new Set(folders)) {
    for (const path of await journalsIn(folder, MAX_JOURNAL_BYTES)) {
      if (await reopenJournal(path, place)) reopened.push(path);
    }
  }
  return reopened;
}

async function reopenJournal(path: string, place: JournalPlace): Promise<boolean> {
  try {
    const lock = await lockJournal(path);
    try {
      return await openChunks(path, place);
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (error instanceof PublishError) return false;
    throw error;
  }
}

async function openChunks(path: string, { server, model }: JournalPlace): Promise<boolean> {
  const journal = await Journal.open(path);
  try {
    const { header } = journal;
    const isOfModel = header?.server === server && header.model.id === model.id;
    if (header === null || !isOfModel || header.environment.type !== 'PRODUCTION') return false;
    const done = Array.from({ length: header.chunks }, (_, chunk) => chunk).filter(
      (chunk) => journal.stateOf(chunk).is === 'done',
    );
    for (const chunk of done) {
      await journal.note(chunk, { state: 'failed', job_id: null, reason: 'events of the model were deleted' });
    }
    return done.length > 0;
  } finally {
    await journal.close();
  }
}
