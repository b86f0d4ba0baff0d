/** Publishes event files: validates, plans, sends chunks with a journal, waits for jobs. A further run resumes. */

import { access, constants } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkedOptions, filled } from '../../../base/index.js';
import { isUrl } from '../../../data/index.js';
import { FileError, fileError, type RunLock } from '../../../files/system/index.js';
import type { FiddlerClient } from '../../client/index.js';
import { jobsOfOthers } from '../journal/folder.js';
import { Journal, lockJournal } from '../journal/journal.js';
import { checkJournal, checkJournalPlace, journalHeaderOf, placeOf } from '../journal/match.js';
import type { JournalHeader } from '../journal/read.js';
import { type PublishEnvironment, type PublishOptions, publishFields } from '../options/index.js';
import { preparePublish } from '../plan/prepare.js';
import type { Problems, Published } from '../progress.js';
import { PublishError } from '../publish-error.js';
import { contextOf, doneRowsOf, isDone, type PublishContext } from './context.js';
import { confirmStored } from './lookup.js';
import { otherTimes } from './other-times.js';
import { Publishing, reopen } from './publishing.js';

const CLOCK_TOLERANCE_SECONDS = 120;

/**
 * Publishes event tables to a model of Fiddler and waits for its jobs. A journal beside the first table records what
 * was sent. After an interruption, run it again: it resumes where it stopped and sends only what is missing.
 *
 * @param client the server
 * @param options tables, model, environment. `signal` stops it with its state saved.
 * @returns number of events sent now and before
 * @throws PublishError `PUBLISH_…` for events that are not right (nothing was sent), `JOURNAL_…`,
 *   `PUBLISH_OTHER_TIMES`, `PUBLISH_OUTCOME_UNKNOWN`, `PUBLISH_JOB_FAILED`, `PUBLISH_OTHER_RUN`,
 *   `PUBLISH_STORED_TWICE`, `PUBLISH_NOT_VISIBLE`, `PUBLISH_INCOMPLETE`, `PUBLISH_INTERRUPTED`
 * @throws DataError, FileError, FiddlerError
 *
 * @example
 * ```ts no_run
 * import { FiddlerClient, onboard, publishEvents } from 'image-drift';
 *
 * const client = FiddlerClient.fromEnvironment();
 * const project = 'image_monitoring';
 * const { model } = await onboard(client, { events: 'reference.parquet', project, model: 'resnet18' });
 *
 * const environment = { type: 'PRE_PRODUCTION', name: 'train_time_reference' } as const;
 * await publishEvents(client, { files: ['reference.parquet'], model, environment });
 * const { sent, alreadyThere } = await publishEvents(client, {
 *   files: ['week_1.parquet'],
 *   model,
 *   environment: { type: 'PRODUCTION' },
 * });
 * console.log(`${sent} sent, ${alreadyThere} were there`);
 * await client.close();
 * ```
 */
export async function publishEvents(client: FiddlerClient, options: PublishOptions): Promise<Published> {
  options = checkedOptions('publishEvents', options, publishFields);
  return withContext(client, options, async (context) => {
    const { journal, plan, warnings, onProgress } = context;
    const { rows, chunks } = plan;
    const doneRows = doneRowsOf(context);
    onProgress?.({ stage: 'planned', rows, chunks: chunks.length, doneRows, journal: journal.path, warnings });
    const others = await jobsOfOthers(journal.path, journal.header as JournalHeader);
    const outcome = await new Publishing(context, others).run(doneRows);
    return { rows, journal: journal.path, ...outcome, warnings: [...warnings, ...outcome.warnings] };
  });
}

type Asked = PublishOptions & { update?: boolean };

/** Checks the events, plans, and opens the journal, which no other run has meanwhile. */
export async function withContext<T>(
  client: FiddlerClient,
  options: Asked,
  use: (context: PublishContext) => Promise<T>,
): Promise<T> {
  const path = options.journal ?? defaultJournal(options.files, options.environment);
  await checkReadable(options.files);
  const lock = await takeLock(path);
  try {
    const journal = (await Journal.open(path)).guardedBy(() => lock.check());
    try {
      return await use(await planned(client, journal, options));
    } finally {
      await journal.close();
    }
  } finally {
    await lock.release();
  }
}

/** Before a lock is put beside a file that is not there. What is in a bucket is asked for when it is read. */
async function checkReadable(files: readonly string[]): Promise<void> {
  for (const path of files.filter((file) => !isUrl(file))) {
    await access(path, constants.R_OK).catch((error: unknown) => {
      throw fileError(path, error);
    });
  }
}

async function takeLock(journal: string): Promise<RunLock> {
  try {
    return await lockJournal(journal);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const hint = 'The journal must be kept where it can be written and stays: name such a place with --journal.';
    throw new FileError(error.code, error.message, { hint, cause: error });
  }
}

/** `production_1.parquet.publish-production.jsonl`; of several files, the first. Of a bucket, here. */
export function defaultJournal(files: readonly string[], environment: PublishEnvironment): string {
  const first = files[0];
  if (first === undefined) throw new PublishError('PUBLISH_NO_FILES', 'no event files are given');
  const name = environment.type === 'PRODUCTION' ? 'production' : environment.name.replace(/[^A-Za-z0-9_.-]/g, '_');
  return join(isUrl(first) ? '' : dirname(first), `${basename(first)}.publish-${name}.jsonl`);
}

async function planned(client: FiddlerClient, journal: Journal, options: Asked): Promise<PublishContext> {
  const { model, environment } = options;
  const server = await client.serverInfo();
  const place = placeOf(client.url, server, model);
  if (journal.header !== null) checkJournalPlace(journal.path, journal.header, place);
  const clockSkewSeconds = server.clockSkewSeconds ?? 0;
  checkNotTorn(journal, options);
  const { plan, problems } = await preparePublish({
    ...options,
    timestamps: journal.header?.timestamps ?? options.timestamps,
    now: Date.now() + clockSkewSeconds * 1_000,
  });
  checkClock(server.clockSkewSeconds, problems);
  const header = journalHeaderOf(place, environment, plan);
  if (options.update) header.plan = `update ${header.plan}`;
  const isNew = journal.header === null;
  if (journal.header !== null) checkJournal(journal.path, journal.header, header, options.timestamps);
  problems.throwErrors();
  if (isNew) journal.begin(header);
  return contextOf(filled(options, publishFields), {
    client,
    journal,
    isNew,
    plan,
    warnings: problems.list(),
    clockSkewSeconds,
  });
}

/** New times would make new events of those that the journal's cut first line was about. */
function checkNotTorn(journal: Journal, { timestamps }: PublishOptions): void {
  if (!journal.isTorn || timestamps?.from !== 'spread' || timestamps.until !== null) return;
  throw new PublishError('JOURNAL_TORN', `${journal.path}: its first line, which has the times of the events, is cut`, {
    hint: 'If these events were published, give the time of their newest day with --until. If they were not, delete the file.',
  });
}

function checkClock(skewSeconds: number | null, problems: Problems): void {
  if (skewSeconds === null || Math.abs(skewSeconds) < CLOCK_TOLERANCE_SECONDS) return;
  const by = `${Math.round(Math.abs(skewSeconds)).toLocaleString('en')} s ${skewSeconds > 0 ? 'behind' : 'ahead of'}`;
  problems.add('warning', 'PUBLISH_CLOCK_OFF', () => `the clock of this machine is ${by} the server's, which is used`);
}

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
 * Changes nothing on the server. The journal opens chunks that miss events again: publishing sends the missing ones.
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
