/**
 * One run at a time for a journal: `<journal>.lock` holds who has it. A lock whose process is gone (kill -9, power cut)
 * is taken over; one of another machine, where nobody here can look, is not.
 */
import { type LockOwner, RunLock } from '../../../files/index.js';
import { PublishError } from '../publish-error.js';

export type JournalLock = RunLock;

export const JournalLock = {
  /** @throws PublishError `JOURNAL_LOCKED` */
  take(journal: string): Promise<JournalLock> {
    return RunLock.take(`${journal}.lock`, { held: (owner) => locked(journal, owner) });
  },
};

function locked(journal: string, owner: LockOwner | null): PublishError {
  const who = owner === null ? 'another run' : `process ${owner.pid} on ${owner.host}`;
  return new PublishError('JOURNAL_LOCKED', `${journal}: is being written by ${who}`, {
    hint: `Wait for it to end. If it is gone for certain, delete ${journal}.lock and run again.`,
  });
}
