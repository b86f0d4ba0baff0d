/**
 * Jobs of the other journals in a journal's folder, as far as they are of the same model and of other event files: a
 * folder in which each day is published from its own file has one journal a day, and their jobs do not count as strangers’.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseJournal } from './read.js';
import type { JournalHeader } from './records.js';

const NAME = /\.publish-.*\.jsonl$/;
/** The newest are asked for their jobs; jobs of older ones have ended long ago. */
const MAX_JOURNALS = 50;
const MAX_BYTES = 8 * 2 ** 20;

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
export async function journalsIn(folder: string, maxBytes: number): Promise<string[]> {
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
