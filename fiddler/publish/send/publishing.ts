/** One run of a publish: may it send? Sends what is not done, reads it back, sends what is missing again. */

import { setTimeout as sleep } from 'node:timers/promises';
import { shellWord } from '../../../base/index.js';
import { isJobFailure, isStatusUnknown, type Model, NotFound } from '../../client/index.js';
import { type ChunkRows, readChunks } from '../chunks/read-chunks.js';
import type { Journal } from '../journal/journal.js';
import type { Chunk, PublishPlan } from '../plan/plan.js';
import type { Problem, Published } from '../progress.js';
import { PublishError } from '../publish-error.js';
import { isDone, type PublishContext } from './context.js';
import { Gate } from './gate.js';
import { type Confirmation, confirmStored, idsOf, storedNow } from './lookup.js';
import { ModelJobs, type RunContext } from './model-jobs.js';
import { otherTimes, refuseOtherTimes } from './other-times.js';
import { ChunkSender } from './run.js';

/** Passes over the chunks that are not done: a server that loses events again and again is not helped by more. */
const MAX_PASSES = 10;
/** Events stored twice that an error names. */
const IDS_NAMED = 5;

/** Jobs that a worker leaves running while it sends on: few, so that a failure is seen before everything is sent. */
const JOBS_LEFT_RUNNING = 4;
const JOB_INTERVAL_SECONDS = 3;

/** A chunk that the server took, without its rows: only what is needed to look it up. */
interface Running {
  chunk: Chunk;
  jobId: string;
}

interface Pass {
  sender: ChunkSender;
  /** Shared by the workers. */
  chunks: AsyncGenerator<ChunkRows, void, undefined>;
}

type Outcome = Pick<Published, 'sent' | 'alreadyThere' | 'jobs' | 'lookedUp' | 'finished' | 'confirmed' | 'warnings'>;

export class Publishing {
  readonly #context: RunContext;
  /** By chunk: events that were not on the server when this run first sent them. */
  readonly #sent = new Map<number, number>();
  /** Jobs that this run began or waited for. */
  readonly #begun = new Set<string>();
  /** Chunks that this run has read back whole. */
  readonly #confirmed = new Set<Chunk>();
  readonly #warnings: Problem[] = [];
  #lookedUp = 0;
  #doneRows = 0;
  /** Whether the next pass sends without a look what was sent and not answered: the user's word, which holds once. */
  #blindly: boolean;

  /** @param others jobs of other journals */
  constructor(context: PublishContext, others: ReadonlySet<string>) {
    this.#context = { ...context, jobs: new ModelJobs(context, others) };
    this.#blindly = context.resend;
  }

  /** @param doneRows rows of the chunks that are done already @throws PublishError, FiddlerError */
  async run(doneRows: number): Promise<Outcome> {
    const context = this.#context;
    const { plan, wait, confirm } = context;
    const openChunks = () => plan.chunks.filter((chunk) => !isDone(context, chunk));
    let confirmed: boolean | null = null;
    let missing = Number.POSITIVE_INFINITY;
    for (let passes = 0; ; ) {
      const open = openChunks();
      if (open.length > 0) {
        if (++passes > MAX_PASSES) throw incomplete(open);
        if (passes === 1) await this.#refuseOtherTimes(open);
        this.#doneRows = doneRows;
        await this.#send(open);
        if (!wait) break;
        continue;
      }
      const confirmation = confirm ? await this.#confirm() : null;
      confirmed = confirmation?.told ?? null;
      if (confirmation === null || confirmation.short.length === 0) break;
      // What was sent again and is as invisible as before may be there all the same: no third time.
      if (confirmation.missing >= missing) throw incomplete(openChunks());
      missing = confirmation.missing;
    }
    const sent = [...this.#sent.values()].reduce((sum, rows) => sum + rows, 0);
    return {
      ...{ sent, alreadyThere: plan.rows - sent, jobs: [...this.#begun], lookedUp: this.#lookedUp },
      ...{ finished: openChunks().length === 0, confirmed, warnings: this.#warnings },
    };
  }

  /**
   * Each worker takes the next chunk that is not done, sends it, and looks after its jobs. A failure, or the caller's
   * signal, stops all of them after the request that they are in.
   * @throws what stopped the first worker that failed; PublishError `PUBLISH_INTERRUPTED`
   */
  async #send(open: readonly Chunk[]): Promise<void> {
    const context = this.#context;
    const { stop, concurrency, plan } = context;
    const gate = await Gate.open(context, open);
    const sender = new ChunkSender({ ...context, gate, resend: this.#blindly, sent: this.#sent });
    this.#blindly = false;
    const chunks = readChunks(plan, (chunk) => !isDone(context, chunk));
    const pass = { sender, chunks };
    const running: Running[] = [];
    // Alone: its job tells whether another run has begun before this one.
    const hasMore = await this.#sendNext(pass, running).catch((error) => stop.fail(error));
    if (hasMore) {
      const work = (of: Running[]) => this.#work(pass, of).catch((error) => stop.fail(error));
      await Promise.all(Array.from({ length: concurrency }, (_, worker) => work(worker === 0 ? running : [])));
    }
    await chunks.return();
    stop.check();
    this.#lookedUp += sender.lookedUp;
    if (context.wait && context.confirm) await gate.awaitMeeting();
  }

  async #work(pass: Pass, running: Running[]): Promise<void> {
    while (await this.#sendNext(pass, running)) {
      if (this.#context.wait && running.length > JOBS_LEFT_RUNNING) await this.#finish(running.shift() as Running);
    }
    if (!this.#context.wait) return;
    for (const one of running) await this.#finish(one);
  }

  /** False where there are no more chunks. @param running gets the chunk if it has a job */
  async #sendNext({ sender, chunks }: Pass, running: Running[]): Promise<boolean> {
    this.#context.stop.check();
    const next = await chunks.next();
    if (next.done) return false;
    const { chunk } = next.value;
    await sender.send(next.value);
    const state = this.#context.journal.stateOf(chunk.index);
    if (state.is === 'done') this.#progress(chunk);
    else if (state.is === 'accepted' && state.jobId === null) await this.#done(chunk);
    else if (state.is === 'accepted' && state.jobId !== null) running.push({ chunk, jobId: state.jobId });
    return true;
  }

  async #finish({ chunk, jobId }: Running): Promise<void> {
    const { client, stop, timeoutSeconds } = this.#context;
    this.#begun.add(jobId);
    try {
      const wait = { intervalSeconds: JOB_INTERVAL_SECONDS, timeoutSeconds };
      await stop.race(client.jobs.wait(jobId, wait));
    } catch (error) {
      // Whatever the status means: what is stored is stored.
      if (isStatusUnknown(error) && (await this.#isStored(chunk))) return this.#done(chunk);
      if (!(error instanceof NotFound)) throw await this.#jobEnded(chunk, jobId, error);
      // The chunk is open again: the next pass looks what the server has of it.
      const reason = 'the server does not know the job';
      await this.#context.journal.note(chunk.index, { state: 'failed', job_id: jobId, reason });
      return;
    }
    await this.#done(chunk);
  }

  /** Whether the server has all events of the chunk, which take a while to become visible. */
  async #isStored(chunk: Chunk): Promise<boolean> {
    const { stop, settleSeconds, lagSeconds } = this.#context;
    const ids = await idsOf(this.#context, chunk);
    for (const began = Date.now(); ; ) {
      const found = await storedNow(this.#context, chunk, ids);
      if (found === null || found.size === ids.length) return found !== null;
      if (Date.now() - began > lagSeconds * 1_000) return false;
      await stop.race(sleep(settleSeconds * 1_000));
    }
  }

  /** For a stream, the answer is all there is; for a file, its job has ended well. */
  async #done(chunk: Chunk): Promise<void> {
    await this.#context.journal.note(chunk.index, { state: 'done', rows: chunk.rows });
    this.#progress(chunk);
  }

  /** The next run looks what such a job has stored, and sends what it has not. */
  async #jobEnded(chunk: Chunk, jobId: string, error: unknown): Promise<unknown> {
    if (!isJobFailure(error)) return error;
    const reason = error.reason ?? error.message;
    await this.#context.journal.note(chunk.index, { state: 'failed', job_id: jobId, reason });
    const message = `${placeOf(this.#context.plan, chunk)}: job ${jobId} did not do its work: ${reason}`;
    const hint =
      'Run the same command again once the reason is gone: it looks which events are there and sends the others.';
    return new PublishError('PUBLISH_JOB_FAILED', message, { exitCode: 5, hint, cause: error });
  }

  #progress(chunk: Chunk): void {
    this.#doneRows += chunk.rows;
    this.#context.onProgress?.({ stage: 'publishing', rows: this.#doneRows, total: this.#context.plan.rows });
  }

  /** Opens chunks that the server lacks in part. @throws PublishError `PUBLISH_STORED_TWICE`, `PUBLISH_NOT_VISIBLE` */
  async #confirm(): Promise<Confirmation> {
    const { journal, plan } = this.#context;
    // What an earlier run has seen may be deleted since.
    const unasked = plan.chunks.filter((chunk) => !this.#confirmed.has(chunk));
    const confirmation = await confirmStored(this.#context, unasked);
    if (!confirmation.told) return { ...confirmation, short: [] };
    if (confirmation.repeated > 0) throw storedTwice(confirmation, journal.path);
    const noneIsSeen = confirmation.found === 0 && !plan.chunks.some(({ index }) => journal.isSeen(index));
    if (confirmation.missing > 0 && noneIsSeen && !this.#blindly) throw this.#notVisible(confirmation);
    const short = new Set(confirmation.short.map(({ chunk }) => chunk));
    for (const chunk of unasked) if (!short.has(chunk)) this.#confirmed.add(chunk);
    await reopen(journal, confirmation);
    return confirmation;
  }

  /** @throws PublishError `PUBLISH_OTHER_TIMES` */
  async #refuseOtherTimes(open: readonly Chunk[]): Promise<void> {
    const { model, onProgress } = this.#context;
    const found = await otherTimes(this.#context, open);
    if (found === null) return;
    await refuseOtherTimes(this.#context, found);
    if (found.all) return;
    const problem = notCompared(model);
    this.#warnings.push(problem);
    onProgress?.({ stage: 'warning', problem });
  }

  #notVisible({ missing }: Confirmation): PublishError {
    const events = `none of ${missing.toLocaleString('en')} events`;
    const message = `the server has taken the events, but ${events} can be read back after ${this.#context.lagSeconds} s`;
    const hint =
      'Run the same command again later: it looks again, and sends nothing before it has seen some. If events take longer on your server, raise --lag. If they never appear, --resend sends them once more.';
    return new PublishError('PUBLISH_NOT_VISIBLE', message, { exitCode: 5, hint });
  }
}

/** Where the events of a chunk are, for messages. */
function placeOf({ files }: PublishPlan, { file, day, firstRow, rows }: Chunk): string {
  const number = (row: number) => row.toLocaleString('en');
  const range = `rows ${number(firstRow)} to ${number(firstRow + rows - 1)}`;
  return `${files[file]?.path ?? ''} ${day === null ? range : `day ${day}, ${range} of it`}`;
}

function incomplete(open: readonly Chunk[]): PublishError {
  const rows = open.reduce((sum, chunk) => sum + chunk.rows, 0);
  const message = `${rows.toLocaleString('en')} events were sent more than once, and the server still does not show all of them`;
  const hint = 'Look at the event count in Fiddler: the server may store fewer events, or show fewer, than there are.';
  return new PublishError('PUBLISH_INCOMPLETE', message, { exitCode: 5, hint });
}

/** The next pass looks once more, and sends what is missing. */
export async function reopen(journal: Journal, { short }: Confirmation): Promise<void> {
  for (const { chunk, found } of short) {
    const reason = `the server has ${found.toLocaleString('en')} of ${chunk.rows.toLocaleString('en')} events`;
    await journal.note(chunk.index, { state: 'failed', job_id: null, reason });
  }
}

function notCompared({ name, version }: Model): Problem {
  return {
    severity: 'warning',
    code: 'PUBLISH_TIMES_NOT_COMPARED',
    message: `model ${name} ${version} has more events than are read: whether it has these with other times is not known`,
    hint: 'If you publish events again whose times you corrected, delete the earlier ones first.',
    count: 1,
  };
}

function storedTwice({ repeated, repeatedIds }: Confirmation, journal: string): PublishError {
  const events = repeated === 1 ? '1 event is' : `${repeated.toLocaleString('en')} events are`;
  const ids = repeated <= IDS_NAMED ? `: ${repeatedIds.join(', ')}` : '';
  return new PublishError('PUBLISH_STORED_TWICE', `${events} stored more than once on the server${ids}`, {
    exitCode: 5,
    hint: `Another run has published them too. To put it right: image-drift delete --journal ${shellWord(journal)} (or --ids FILE, for these alone), then publish again.`,
  });
}
