/** Asks the server again for everything that a journal calls done: what was deleted since, or is there more than once. */
import type { FiddlerClient } from '../../client/index.js';
import { PublishError } from '../publish-error.js';
import { Confirm } from './confirm.js';
import { otherTimes } from './other-times.js';
import { Pace, READ_LIMITS } from './pace.js';
import { type PublishOptions, withDefaults, withJournal } from './publish-events.js';
import { isDone, reopen } from './publishing.js';

export interface Checked {
  /** Events of the plan. */
  rows: number;
  /** Events whose chunks are not done: they are not asked for. */
  open: number;
  found: number;
  missing: number;
  /** Events that are stored more than once, or with another time, and the ids of the first 10,000 of each. */
  repeated: number;
  repeatedIds: readonly string[];
  journal: string;
}

/**
 * Changes nothing on the server. Chunks that miss events are open again in the journal: publishing sends the missing ones.
 * @throws PublishError `PUBLISH_NO_JOURNAL`, `PUBLISH_NOT_READABLE` where the server does not let one read back,
 *   `JOURNAL_…`; DataError, FileError, FiddlerError
 */
export function checkPublished(client: FiddlerClient, options: PublishOptions): Promise<Checked> {
  return withJournal(client, options, async ({ journal, plan, stop, isNew }) => {
    if (isNew) {
      throw new PublishError('PUBLISH_NO_JOURNAL', `${journal.path}: there is no journal of a publish to check`, {
        hint: 'Name it with --journal.',
      });
    }
    const place = { client, model: options.model, environment: options.environment };
    const onWait = (what: string) => options.onProgress?.({ stage: 'waiting', what });
    const done = plan.chunks.filter((chunk) => isDone(journal, chunk));
    const reads = new Pace(READ_LIMITS);
    const shared = { ...withDefaults(options), place, plan, journal, reads, stop, onWait };
    const confirmation = await new Confirm(shared).run(done);
    if (!confirmation.told) {
      throw new PublishError('PUBLISH_NOT_READABLE', 'the server does not let one read the stored events back', {
        exitCode: 5,
        hint: 'Look at the event count in Fiddler.',
      });
    }
    await reopen(journal, confirmation);
    const { found, missing } = confirmation;
    const elsewhere = await otherTimes({ place, plan, stop }, done);
    const repeated = confirmation.repeated + (elsewhere?.count ?? 0);
    const repeatedIds = [...confirmation.repeatedIds, ...(elsewhere?.events.map(({ id }) => id) ?? [])];
    const open = plan.rows - done.reduce((sum, { rows }) => sum + rows, 0);
    return { rows: plan.rows, open, found, missing, repeated, repeatedIds, journal: journal.path };
  });
}
