/**
 * Publishes event files to a model of Fiddler: validates, plans, sends the chunks with a journal, waits for the jobs.
 * Run again after whatever happened, it goes on where it was; run again when it was done, it changes nothing.
 */
import { access, constants } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FiddlerClient, Model } from '../../fiddler/index.js';
import { FileError, fileError } from '../../files/index.js';
import { Journal } from '../journal/journal.js';
import { JournalLock } from '../journal/lock.js';
import { checkJournal, journalHeaderOf } from '../journal/match.js';
import type { Chunk, PublishEnvironment, PublishMode, PublishPlan } from '../plan/plan.js';
import { preparePublish } from '../plan/prepare.js';
import type { Problems } from '../plan/problems.js';
import type { Published, PublishProgress } from '../plan/progress.js';
import type { TimestampPlan } from '../plan/timestamps.js';
import { PublishError } from '../publish-error.js';
import { StopSignal } from './stop-signal.js';
import { storedIds } from './stored-ids.js';
import { PublishWorkers } from './workers.js';

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
  /** Also send the statistics of the images that the model has columns for. */
  statistics?: boolean | undefined;
  /** Warn about events that are older; default 90. */
  retentionDays?: number | undefined;
  /** sha256 of the weights that the model was onboarded with, where known. */
  weightsSha256?: string | null | undefined;
  /** Called whenever events were sent or a job has ended. */
  onProgress?: ((progress: PublishProgress) => void) | undefined;
  /** Stops the run with its state saved in the journal. */
  signal?: AbortSignal | undefined;
}

/**
 * Publishes event tables to a model of Fiddler and waits for its jobs. A journal beside the first table records what
 * was sent. After an interruption, run it again: it resumes where it stopped and sends only what is missing.
 *
 * @param client the server
 * @param options tables, model, environment. `signal` stops it with its state saved.
 * @returns number of events sent now and before
 * @throws PublishError `PUBLISH_…` for events that are not valid (nothing was sent), `JOURNAL_…`,
 *   `PUBLISH_OUTCOME_UNKNOWN`, `PUBLISH_JOB_FAILED`, `PUBLISH_INTERRUPTED`
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
  const path = options.journal ?? defaultJournal(options.files, options.environment);
  await checkReadable(options.files);
  const lock = await takeLock(path);
  try {
    const journal = await Journal.open(path);
    try {
      return await publishWith(client, journal, options);
    } finally {
      await journal.close();
    }
  } finally {
    await lock.release();
  }
}

/** Before a lock is put beside a file that is not there. */
async function checkReadable(files: readonly string[]): Promise<void> {
  for (const path of files) {
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

/** `production_1.parquet.publish-production.jsonl`; of several files, the first. */
export function defaultJournal(files: readonly string[], environment: PublishEnvironment): string {
  const first = files[0];
  if (first === undefined) throw new PublishError('PUBLISH_NO_FILES', 'no event files are given');
  const name = environment.type === 'PRODUCTION' ? 'production' : environment.name.replace(/[^A-Za-z0-9_.-]/g, '_');
  return join(dirname(first), `${basename(first)}.publish-${name}.jsonl`);
}

async function publishWith(client: FiddlerClient, journal: Journal, options: PublishOptions): Promise<Published> {
  const { model, environment, onProgress } = options;
  const stop = new StopSignal(options.signal);
  const server = await client.serverInfo();
  const { plan, problems } = await preparePublish({
    ...options,
    timestamps: journal.header?.timestamps ?? options.timestamps,
    now: Date.now() + (server.clockSkewSeconds ?? 0) * 1_000,
  });
  checkClock(server.clockSkewSeconds, problems);
  const header = journalHeaderOf(client.url, server.organization?.id ?? null, model, environment, plan);
  if (journal.header !== null) checkJournal(journal.path, journal.header, header, options.timestamps);
  problems.throwErrors();
  const warnings = problems.list();
  const doneRows = plan.chunks.reduce((rows, chunk) => rows + (isDone(journal, chunk) ? chunk.rows : 0), 0);
  onProgress?.({
    stage: 'planned',
    rows: plan.rows,
    chunks: plan.chunks.length,
    doneRows,
    journal: journal.path,
    warnings,
  });
  const result = { rows: plan.rows, journal: journal.path, warnings };
  if (doneRows === plan.rows) {
    return { ...result, sent: 0, alreadyThere: plan.rows, jobs: [], lookedUp: 0, finished: true };
  }
  if (journal.header === null) {
    await journal.begin({ ...header, look_first: await mayHaveEvents(client, options, plan) });
  }
  const lookFirst = journal.header?.look_first ?? true;
  const workers = new PublishWorkers(client, journal, plan, { ...withDefaults(options), lookFirst, stop, doneRows });
  await workers.run();
  const { jobs } = workers;
  const { sent, found, lookedUp } = workers.sender;
  const finished = plan.chunks.every((chunk) => isDone(journal, chunk));
  return { ...result, sent, alreadyThere: doneRows + found, jobs: [...jobs], lookedUp, finished };
}

function checkClock(skewSeconds: number | null, problems: Problems): void {
  if (skewSeconds === null || Math.abs(skewSeconds) < CLOCK_TOLERANCE_SECONDS) return;
  const by = `${Math.round(Math.abs(skewSeconds)).toLocaleString('en')} s ${skewSeconds > 0 ? 'behind' : 'ahead of'}`;
  problems.add('warning', 'PUBLISH_CLOCK_OFF', () => `the clock of this machine is ${by} the server's, which is used`);
}

function withDefaults(options: PublishOptions) {
  return {
    ...options,
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    settleSeconds: options.settleSeconds ?? DEFAULT_SETTLE_SECONDS,
    lagSeconds: options.lagSeconds ?? DEFAULT_LAG_SECONDS,
    jobSeconds: options.timeoutSeconds ?? DEFAULT_JOB_SECONDS,
    wait: options.wait ?? true,
    resend: options.resend ?? false,
  };
}

function isDone(journal: Journal, chunk: Chunk): boolean {
  return journal.stateOf(chunk.index).is === 'done';
}

/** Whether a look before the first sending is worth it: is there anything in the dataset, or in the time range, at all. */
async function mayHaveEvents(client: FiddlerClient, options: PublishOptions, plan: PublishPlan): Promise<boolean> {
  const { environment, model } = options;
  if (environment.type === 'PRE_PRODUCTION') {
    const dataset = await client.environments.byName(model.id, environment.name);
    return dataset !== null && dataset.row_count !== 0;
  }
  const times = plan.chunks.flatMap((chunk) => (chunk.times === null ? [] : [chunk.times]));
  if (times.length === 0) return false;
  const from = times.reduce((least, time) => Math.min(least, time.from), Number.POSITIVE_INFINITY);
  const to = times.reduce((most, time) => Math.max(most, time.to), Number.NEGATIVE_INFINITY);
  const some = await storedIds(client, model, environment, { from, to }, 1);
  return some !== null && some.size > 0;
}
