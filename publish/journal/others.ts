/**
 * Jobs of the other journals in a journal's folder, as far as they are of the same model and of other event files: a
 * folder in which each day is published from its own file has one journal a day, and their jobs do not count as strangers’.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseJournal } from './read.js';
import type { JournalHeader } from './records.js';

const NAME = /\.publish-.*\.jsonl$/;
/** The newest are looked at; jobs of older ones have ended long ago. */
const MAX_JOURNALS = 50;
const MAX_BYTES = 8 * 2 ** 20;

export async function jobsOfOthers(journal: string, own: JournalHeader): Promise<Set<string>> {
  const jobs = new Set<string>();
  for (const path of await newest(journal)) {
    const found = await readFile(path, 'utf8')
      .then((text) => parseJournal(path, text))
      .catch(() => null);
    if (found?.header === null || found === null || !isOfOtherEvents(found.header, own)) continue;
    for (const record of found.records) if ('job_id' in record && record.job_id !== null) jobs.add(record.job_id);
  }
  return jobs;
}

async function newest(journal: string): Promise<string[]> {
  const folder = dirname(journal);
  const names = await readdir(folder).catch(() => []);
  const files: { path: string; time: number }[] = [];
  for (const name of names.filter((one) => NAME.test(one) && one !== basename(journal))) {
    const path = join(folder, name);
    const is = await stat(path).catch(() => null);
    if (is?.isFile() === true && is.size <= MAX_BYTES) files.push({ path, time: is.mtimeMs });
  }
  return files
    .sort((a, b) => b.time - a.time)
    .slice(0, MAX_JOURNALS)
    .map(({ path }) => path);
}

/** A second journal of the same events is just what must not go unseen. */
function isOfOtherEvents(other: JournalHeader, own: JournalHeader): boolean {
  const ours = new Set(own.files.map(({ sha256 }) => sha256));
  return other.model.id === own.model.id && other.files.every(({ sha256 }) => !ours.has(sha256));
}
