/**
 * After a deletion: what journals call done may be gone. The journals of a folder that are of the same model, by their usual
 * names, have their chunks opened again, so that the next publish asks the server for them.
 */
import { PublishError } from '../publish-error.js';
import { Journal } from './journal.js';
import { JournalLock } from './lock.js';
import type { JournalPlace } from './match.js';
import { journalsIn } from './others.js';
import { MAX_JOURNAL_BYTES } from './read.js';

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
    const lock = await JournalLock.take(path);
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
