/**
 * Publishes event files to a model of Fiddler: validates, plans, sends the chunks with a journal, waits for the jobs.
 * Run again after whatever happened, it goes on where it was; run again when it was done, it changes nothing.
 */

import { access, constants } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkOptionNames, type OptionNames } from '../../../base/index.js';
import { type ColumnChoice, isUrl } from '../../../data/index.js';
import { FileError, fileError } from '../../../files/index.js';
import type { FiddlerClient, Model } from '../../client/index.js';
import { Journal } from '../journal/journal.js';
import { JournalLock } from '../journal/lock.js';
import { checkJournal, checkJournalPlace, journalHeaderOf, placeOf } from '../journal/match.js';
import { jobsOfOthers } from '../journal/others.js';
import type { JournalHeader } from '../journal/records.js';
import type { PublishEnvironment, PublishMode, PublishPlan } from '../plan/plan.js';
import { preparePublish } from '../plan/prepare.js';
import type { Problem, Problems } from '../plan/problems.js';
import type { Published, PublishProgress } from '../plan/progress.js';
import type { TimestampPlan } from '../plan/timestamps.js';
import { PublishError } from '../publish-error.js';
import { isDone, Publishing } from './publishing.js';
import { StopSignal } from './stop-signal.js';

export const DEFAULT_CONCURRENCY = 2;
export const DEFAULT_SETTLE_SECONDS = 2;
/** "It takes 3 to 5 minutes until events can be seen" (Fiddler's quickstarts). */
export const DEFAULT_LAG_SECONDS = 300;
const CLOCK_TOLERANCE_SECONDS = 120;
const DEFAULT_JOB_SECONDS = 1_800;

/**
 * What `publishEvents` sends, where to, and how.
 *
 * @example
 * ```ts
 * import type { Onboarded, PublishOptions } from 'image-drift';
 *
 * function production(model: Onboarded['model']): PublishOptions {
 *   return { files: ['week_1.parquet'], model, environment: { type: 'PRODUCTION' }, concurrency: 4 };
 * }
 * ```
 */
export interface PublishOptions {
  /** Paths of event tables. */
  files: readonly string[];
  /** The model to publish to, as `onboard` returns it. */
  model: Model;
  /** `PRODUCTION`, or a named baseline in `PRE_PRODUCTION`. */
  environment: PublishEnvironment;
  /** Production only: the events' own times by default. */
  timestamps?: TimestampPlan | undefined;
  /** `files`: uploads, and a job each. `stream`: rows in the request, at most 1,000, production only. */
  mode?: PublishMode | undefined;
  /** Rows of an uploaded file at most; default 20,000. */
  rowsPerFile?: number | undefined;
  /** Requests at once. */
  concurrency?: number | undefined;
  /** Path; default: beside the first file. */
  journal?: string | undefined;
  /** Whether to wait for the jobs; default true. */
  wait?: boolean | undefined;
  /** Longest wait for one job. */
  timeoutSeconds?: number | undefined;
  /** After a lost answer, seconds between two looks at the server that must agree; default 2. */
  settleSeconds?: number | undefined;
  /** Seconds after which events that the server accepted can be read back; default 300. */
  lagSeconds?: number | undefined;
  /** Send once more what got no answer, without looking whether it is there. */
  resend?: boolean | undefined;
  /** Go on although other runs seem to publish to the model. */
  force?: boolean | undefined;
  /** At the end, read back whether the server has all that it took; default true. */
  confirm?: boolean | undefined;
  /** Also send the statistics of the images that the model has columns for. */
  statistics?: boolean | undefined;
  /** Which columns of the tables are embeddings and scores, where they do not say. */
  columns?: ColumnChoice | undefined;
  /** Warn about events that are older; default 90. */
  retentionDays?: number | undefined;
  /** sha256 of the weights that the model was onboarded with, where known. */
  weightsSha256?: string | null | undefined;
  /** Called whenever events were sent or a job has ended. */
  onProgress?: ((progress: PublishProgress) => void) | undefined;
  /** Stops the run with its state saved in the journal. */
  signal?: AbortSignal | undefined;
}

const NAMES: OptionNames<PublishOptions> = {
  files: true,
  model: true,
  environment: true,
  timestamps: true,
  mode: true,
  rowsPerFile: true,
  concurrency: true,
  journal: true,
  wait: true,
  timeoutSeconds: true,
  settleSeconds: true,
  lagSeconds: true,
  resend: true,
  force: true,
  confirm: true,
  statistics: true,
  columns: true,
  retentionDays: true,
  weightsSha256: true,
  onProgress: true,
  signal: true,
};

/** What is planned, and the journal that it belongs to. */
export interface PublishJob {
  journal: Journal;
  /** The journal was not there before. */
  isNew: boolean;
  plan: PublishPlan;
  warnings: Problem[];
  clockSkewSeconds: number;
  stop: StopSignal;
}

/**
 * Publishes event tables to a model of Fiddler and waits for its jobs. A journal beside the first table records what
 * was sent. After an interruption, run it again: it resumes where it stopped and sends only what is missing.
 *
 * @param client the server
 * @param options tables, model, environment. `signal` stops it with its state saved.
 * @returns number of events sent now and before
 * @throws PublishError `PUBLISH_…` for events that are not right (nothing was sent), `JOURNAL_…`,
 *   `PUBLISH_OTHER_TIMES`, `PUBLISH_OUTCOME_UNKNOWN`, `PUBLISH_JOB_FAILED`, `PUBLISH_OTHER_RUN`, `PUBLISH_STORED_TWICE`, `PUBLISH_NOT_VISIBLE`,
 *   `PUBLISH_INCOMPLETE`, `PUBLISH_INTERRUPTED`
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
  checkOptionNames('publishEvents', options, NAMES);
  return withJournal(client, options, async ({ journal, plan, warnings, clockSkewSeconds, stop }) => {
    const { rows, chunks } = plan;
    const doneRows = chunks.reduce((sum, chunk) => sum + (isDone(journal, chunk) ? chunk.rows : 0), 0);
    options.onProgress?.({ stage: 'planned', rows, chunks: chunks.length, doneRows, journal: journal.path, warnings });
    const others = await jobsOfOthers(journal.path, journal.header as JournalHeader);
    const settled = { ...withDefaults(options), stop, others, clockSkewSeconds };
    const outcome = await new Publishing(client, journal, plan, settled).run(doneRows);
    return { rows, journal: journal.path, ...outcome, warnings: [...warnings, ...outcome.warnings] };
  });
}

/** Checks the events, plans, and opens the journal, which no other run has meanwhile. */
export async function withJournal<T>(
  client: FiddlerClient,
  options: PublishOptions & { update?: boolean },
  use: (job: PublishJob) => Promise<T>,
): Promise<T> {
  const path = options.journal ?? defaultJournal(options.files, options.environment);
  await checkReadable(options.files);
  const lock = await takeLock(path);
  try {
    const journal = await Journal.open(path);
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

async function takeLock(journal: string): Promise<JournalLock> {
  try {
    return await JournalLock.take(journal);
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

async function planned(
  client: FiddlerClient,
  journal: Journal,
  options: PublishOptions & { update?: boolean },
): Promise<PublishJob> {
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
  return { journal, isNew, plan, warnings: problems.list(), clockSkewSeconds, stop: new StopSignal(options.signal) };
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

/** With what is not given as documented. */
export function withDefaults(options: PublishOptions) {
  return {
    ...options,
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    settleSeconds: options.settleSeconds ?? DEFAULT_SETTLE_SECONDS,
    lagSeconds: options.lagSeconds ?? DEFAULT_LAG_SECONDS,
    jobSeconds: options.timeoutSeconds ?? DEFAULT_JOB_SECONDS,
    wait: options.wait ?? true,
    resend: options.resend ?? false,
    force: options.force ?? false,
    confirm: options.confirm ?? true,
    mode: options.mode ?? 'files',
  };
}
