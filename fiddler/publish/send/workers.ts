/**
 * The workers of a publish: each takes the next chunk that is not done, sends it, and looks after the jobs that it
 * began. A failure, or the caller's signal, stops all of them after the request that they are in.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isJobFailure, isStatusUnknown, NotFound } from '../../client/index.js';
import { type ChunkRows, readChunks } from '../chunks/read-chunks.js';
import type { Chunk } from '../plan/plan.js';
import { PublishError } from '../publish-error.js';
import { isDone, type PublishContext } from './context.js';
import type { Lookup } from './lookup.js';
import { type Pass, PublishRun } from './run.js';

/** Jobs that a worker leaves running while it sends on: few, so that a failure is seen before everything is sent. */
const JOBS_LEFT_RUNNING = 4;
const JOB_INTERVAL_SECONDS = 3;

/** A chunk that the server took, without its rows: only what is needed to look it up. */
interface Running {
  chunk: Chunk;
  jobId: string;
}

export class PublishWorkers {
  readonly jobs = new Set<string>();
  readonly sender: PublishRun;
  #doneRows: number;

  readonly #context: PublishContext;
  readonly #lookup: Lookup;

  /** @param doneRows rows of the chunks that are done already */
  constructor(context: PublishContext, pass: Pass, doneRows: number) {
    this.#context = context;
    this.#lookup = pass.lookup;
    this.#doneRows = doneRows;
    this.sender = new PublishRun(context, pass);
  }

  /** @throws what stopped the first worker that failed; PublishError `PUBLISH_INTERRUPTED` */
  async run(): Promise<void> {
    const { stop, concurrency, plan } = this.#context;
    const chunks = readChunks(plan, (chunk) => !isDone(this.#context, chunk));
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
      if (this.#context.wait && running.length > JOBS_LEFT_RUNNING) await this.#finish(running.shift() as Running);
    }
    if (!this.#context.wait) return;
    for (const one of running) await this.#finish(one);
  }

  /** False where there are no more chunks. @param running gets the chunk if it has a job */
  async #sendNext(chunks: AsyncGenerator<ChunkRows, void, undefined>, running: Running[]): Promise<boolean> {
    this.#context.stop.check();
    const next = await chunks.next();
    if (next.done) return false;
    const { chunk } = next.value;
    await this.sender.send(next.value);
    const state = this.#context.journal.stateOf(chunk.index);
    if (state.is === 'done') this.#progress(chunk);
    else if (state.is === 'accepted' && state.jobId === null) await this.#done(chunk);
    else if (state.is === 'accepted' && state.jobId !== null) running.push({ chunk, jobId: state.jobId });
    return true;
  }

  /** Waits for a job and notes how it ended. */
  async #finish({ chunk, jobId }: Running): Promise<void> {
    const { client, stop, timeoutSeconds } = this.#context;
    this.jobs.add(jobId);
    try {
      const wait = { intervalSeconds: JOB_INTERVAL_SECONDS, timeoutSeconds };
      await stop.race(client.jobs.wait(jobId, wait));
    } catch (error) {
      // Whatever the status means: what is stored is stored.
      if (isStatusUnknown(error) && (await this.#isStored(chunk))) return this.#done(chunk);
      if (!(error instanceof NotFound)) throw await this.#jobEnded(chunk, jobId, error);
      // The chunk is open again: the next pass looks what the server has of it.
      await this.#context.journal.note(chunk.index, {
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
    const { plan, stop, settleSeconds, lagSeconds } = this.#context;
    const ids: string[] = [];
    for await (const { batch } of readChunks(plan, ({ index }) => index === chunk.index)) {
      ids.push(...(batch.eventIds as readonly string[]));
    }
    for (const began = Date.now(); ; ) {
      const found = await this.#lookup.now(chunk, ids);
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
    const path = this.#context.plan.files[chunk.file]?.path ?? '';
    const number = (row: number) => row.toLocaleString('en');
    const rows = `rows ${number(chunk.firstRow)} to ${number(chunk.firstRow + chunk.rows - 1)}`;
    return chunk.day === null ? `${path} ${rows}` : `${path} day ${chunk.day}, ${rows} of it`;
  }

  #progress(chunk: Chunk): void {
    this.#doneRows += chunk.rows;
    this.#context.onProgress?.({ stage: 'publishing', rows: this.#doneRows, total: this.#context.plan.rows });
  }
}
