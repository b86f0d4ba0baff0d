/** Asks the server again for everything that a journal calls done: what was deleted since, or is there more than once. */
import type { FiddlerClient } from '../../client/index.js';
import type { PublishOptions } from '../options/index.js';
import { PublishError } from '../publish-error.js';
import { doneRowsOf, isDone } from './context.js';
import { confirmStored } from './lookup.js';
import { otherTimes } from './other-times.js';
import { withContext } from './publish-events.js';
import { reopen } from './publishing.js';

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
  return withContext(client, options, async (context) => {
    const { journal, plan, isNew } = context;
    if (isNew) {
      throw new PublishError('PUBLISH_NO_JOURNAL', `${journal.path}: there is no journal of a publish to check`, {
        hint: 'Name it with --journal.',
      });
    }
    const done = plan.chunks.filter((chunk) => isDone(context, chunk));
    const doneRowsBefore = doneRowsOf(context);
    const confirmation = await confirmStored(context, done);
    if (!confirmation.told) {
      throw new PublishError('PUBLISH_NOT_READABLE', 'the server does not let one read the stored events back', {
        exitCode: 5,
        hint: 'Look at the event count in Fiddler.',
      });
    }
    await reopen(journal, confirmation);
    const { found, missing } = confirmation;
    const elsewhere = await otherTimes(context, done);
    const repeated = confirmation.repeated + (elsewhere?.count ?? 0);
    const repeatedIds = [...confirmation.repeatedIds, ...(elsewhere?.events.map(({ id }) => id) ?? [])];
    const open = plan.rows - doneRowsBefore;
    return { rows: plan.rows, open, found, missing, repeated, repeatedIds, journal: journal.path };
  });
}
