/**
 * The workers of a publish: each takes the next chunk that is not done, sends it, and looks after the jobs that it
 * began. A failure, or the caller's signal, stops all of them after the request that they are in.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type FiddlerClient, isJobFailure, isStatusUnknown, type Model, NotFound } from '../../client/index.js';
import { type ChunkRows, readChunks } from '../chunks/read-chunks.js';
import type { Journal } from '../journal/journal.js';
import type { Chunk, PublishEnvironment, PublishPlan } from '../plan/plan.js';
import type { PublishProgress } from '../plan/progress.js';
import { PublishError } from '../publish-error.js';
import type { Gate } from './gate.js';
import type { Lookup } from './lookup.js';
import { Pace, WRITE_LIMITS } from './pace.js';
import { PublishRun } from './run.js';
import type { StopSignal } from './stop-signal.js';

/** Jobs that a worker leaves running while it sends on: few, so that a failure is seen before everything is sent. */
const JOBS_LEFT_RUNNING = 4;
const JOB_INTERVAL_SECONDS = 3;

export interface WorkerOptions {
  model: Model;
  environment: PublishEnvironment;
  concurrency: number;
  wait: boolean;
  resend: boolean;
  settleSeconds: number;
  lagSeconds: number;
  jobSeconds: number;
  gate: Gate;
  lookup: Lookup;
  /** By chunk, over all passes of a run: events that were not on the server before. */
  sent: Map<number, number>;
  /** Rows of the chunks that are done already. */
  doneRows: number;
  stop: StopSignal;
  onProgress?: ((progress: PublishProgress) => void) | undefined;
}

/** A chunk that the server took, without its rows: only what is needed to look it up. */
interface Running {
  chunk: Chunk;
  jobId: string;
}

export class PublishWorkers {
  readonly jobs = new Set<string>();
  readonly sender: PublishRun;
  #doneRows: number;

  readonly #client: FiddlerClient;
  readonly #journal: Journal;
  readonly #plan: PublishPlan;
  readonly #options: WorkerOptions;

  constructor(client: FiddlerClient, journal: Journal, plan: PublishPlan, options: WorkerOptions) {
    this.#client = client;
    this.#journal = journal;
    this.#plan = plan;
    this.#options = options;

    this.#doneRows = options.doneRows;
    const { model, environment, lookup, gate, resend, settleSeconds, sent, stop } = options;
    const shared = { client, journal, plan, model, environment, lookup, gate, resend, settleSeconds, sent, stop };
    this.sender = new PublishRun({ ...shared, writes: new Pace(WRITE_LIMITS) });
  }

  /** @throws what stopped the first worker that failed; PublishError `PUBLISH_INTERRUPTED` */
  async run(): Promise<void> {
    const { stop, concurrency } = this.#options;
    const chunks = readChunks(this.#plan, (chunk) => this.#journal.stateOf(chunk.index).is !== 'done');
    const running: Running[] = [];
    // Alone: its job tells whether another run has begun before this one.
    const hasMore = await this.#sendNext(chunks, running).catch((error) => stop.fail(error));
    if (hasMore) {
      const work = (of: Running[]) => this.#work(chunks, of).catch((error) => stop.fail(error));
      await Promise.all(Array.from({ length: concurrency }, (_, worker) => work(worker === 0 ? running : [])));
    }
    await chunks.return();
    stop.check();
  }

  async #work(chunks: AsyncGenerator<ChunkRows, void, undefined>, running: Running[]): Promise<void> {
    while (await this.#sendNext(chunks, running)) {
      if (this.#options.wait && running.length > JOBS_LEFT_RUNNING) await this.#finish(running.shift() as Running);
    }
    if (!this.#options.wait) return;
    for (const one of running) await this.#finish(one);
  }

  /** False where there are no more chunks. @param running gets the chunk if it has a job */
  async #sendNext(chunks: AsyncGenerator<ChunkRows, void, undefined>, running: Running[]): Promise<boolean> {
    this.#options.stop.check();
    const next = await chunks.next();
    if (next.done) return false;
    const { chunk } = next.value;
    await this.sender.send(next.value);
    const state = this.#journal.stateOf(chunk.index);
    if (state.is === 'done') this.#progress(chunk);
    else if (state.is === 'accepted' && state.jobId === null) await this.#done(chunk);
    else if (state.is === 'accepted' && state.jobId !== null) running.push({ chunk, jobId: state.jobId });
    return true;
  }

  /** Waits for a job and notes how it ended. */
  async #finish({ chunk, jobId }: Running): Promise<void> {
    const { stop, jobSeconds } = this.#options;
    this.jobs.add(jobId);
    try {
      const wait = { intervalSeconds: JOB_INTERVAL_SECONDS, timeoutSeconds: jobSeconds };
      await stop.race(this.#client.jobs.wait(jobId, wait));
    } catch (error) {
      // Whatever the status means: what is stored is stored.
      if (isStatusUnknown(error) && (await this.#isStored(chunk))) return this.#done(chunk);
      if (!(error instanceof NotFound)) throw await this.#jobEnded(chunk, jobId, error);
      // The chunk is open again: the next pass looks what the server has of it.
      await this.#journal.note(chunk.index, {
        state: 'failed',
        job_id: jobId,
        reason: 'the server does not know the job',
      });
      return;
    }
    await this.#done(chunk);
  }

  /** Whether the server has all events of the chunk, which take a while to become visible. */
  async #isStored(chunk: Chunk): Promise<boolean> {
    const { lookup, stop, settleSeconds, lagSeconds } = this.#options;
    const ids: string[] = [];
    for await (const { batch } of readChunks(this.#plan, ({ index }) => index === chunk.index)) {
      ids.push(...(batch.eventIds as readonly string[]));
    }
    for (const began = Date.now(); ; ) {
      const found = await lookup.now(chunk, ids);
      if (found === null || found.size === ids.length) return found !== null;
      if (Date.now() - began > lagSeconds * 1_000) return false;
      await stop.race(sleep(settleSeconds * 1_000));
    }
  }

  /** For a stream, the answer is all there is; for a file, its job has ended well. */
  async #done(chunk: Chunk): Promise<void> {
    await this.#journal.note(chunk.index, { state: 'done', rows: chunk.rows });
    this.#progress(chunk);
  }

  /** The next run looks what such a job has stored, and sends what it has not. */
  async #jobEnded(chunk: Chunk, jobId: string, error: unknown): Promise<unknown> {
    if (!isJobFailure(error)) return error;
    const reason = error.reason ?? error.message;
    await this.#journal.note(chunk.index, { state: 'failed', job_id: jobId, reason });
    return new PublishError(
      'PUBLISH_JOB_FAILED',
      `${this.#where(chunk)}: job ${jobId} did not do its work: ${reason}`,
      {
        exitCode: 5,
        hint: 'Run the same command again once the reason is gone: it looks which events are there and sends the others.',
        cause: error,
      },
    );
  }

  #where(chunk: Chunk): string {
    const path = this.#plan.files[chunk.file]?.path ?? '';
    const number = (row: number) => row.toLocaleString('en');
    const rows = `rows ${number(chunk.firstRow)} to ${number(chunk.firstRow + chunk.rows - 1)}`;
    return chunk.day === null ? `${path} ${rows}` : `${path} day ${chunk.day}, ${rows} of it`;
  }

  #progress(chunk: Chunk): void {
    this.#doneRows += chunk.rows;
    this.#options.onProgress?.({ stage: 'publishing', rows: this.#doneRows, total: this.#plan.rows });
  }
}
