/**
 * The same program on several threads, for engines that compute on the thread that calls them. A pool is itself a
 * `Program`. It takes any number of batches and gives each to an idle worker. When all workers compute, each gets one
 * more batch, so it need not wait for the calling thread between two batches.
 *
 * Workers start at the first batch, unless some are ready before. They stay for later batches, and do not keep the
 * process alive while they are idle.
 */
import type { Worker } from 'node:worker_threads';
import type { BatchSize, ImageBatch, Program, ProgramOutputs } from '../contract/backend.js';
import { tellComputed } from '../contract/diagnostics.js';
import { isOutOfMemory } from '../contract/memory-error.js';
import { receiveError, type WorkerReply } from './messages.js';
import type { PoolWork } from './pool-work.js';
import { type ReadyWorkers, startWorker, WORKER_SCRIPT } from './start-worker.js';
import { closed, retryOrReject, type WorkerJob } from './worker-job.js';

/** Batches that a worker may have: the one it computes, and the next. */
const DEPTH = 2;

interface Seat {
  /** From 0. In a shared memory, the worker has `DEPTH` places, from `DEPTH · number` on. */
  number: number;
  /** In the order in which they were given. Answers come in the same order. */
  jobs: Given[];
}

interface Given {
  job: WorkerJob;
  place: number;
}

export class WorkerPool implements Program {
  readonly tellsTimes = true;
  readonly #backend: string;
  readonly #work: PoolWork;
  readonly #ready: ReadyWorkers | null;
  readonly #size: number;
  readonly #script: URL;
  readonly #waiting: WorkerJob[] = [];
  /** All workers that have not ended. */
  readonly #seats = new Map<Worker, Seat>();
  /** Workers that will end soon and get no more jobs. */
  readonly #ending = new Set<Worker>();
  #disposed = false;

  /**
   * `threads` is at least 1.
   *
   * @param ready threads to take before others are started
   * @param script what every thread runs, for tests
   */
  constructor(
    backend: string,
    work: PoolWork,
    threads: number,
    { ready = null, script = WORKER_SCRIPT }: { ready?: ReadyWorkers | null; script?: URL } = {},
  ) {
    this.#backend = backend;
    this.#work = work;
    this.#ready = ready;
    this.#size = threads;
    this.#script = script;
  }

  /**
   * Copies the images, so the caller keeps them, but must not change them before the answer. If the thread dies, the
   * batch is run again on a new thread.
   *
   * @throws EngineError `WORKER_DIED` when the second thread dies too; `OUT_OF_MEMORY`; whatever the backend throws
   */
  run(batch: ImageBatch): Promise<ProgramOutputs> {
    if (this.#disposed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, deaths: 0, resolve, reject });
      this.#assign();
    });
  }

  warmUp(batch: BatchSize): void {
    if (!this.#disposed) this.#work.layOut(batch);
  }

  /** Ends all workers immediately. Batches under way are rejected. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const jobs = [...this.#seats.values()].flatMap((seat) => seat.jobs.splice(0).map(({ job }) => job));
    for (const job of [...jobs, ...this.#waiting.splice(0)]) job.reject(closed());
    await Promise.all([...this.#seats.keys()].map((worker) => worker.terminate()));
    this.#work.dispose();
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const [job] = this.#waiting as [WorkerJob];
      const worker = this.#nextWorker(job.batch);
      if (worker === null) return;
      this.#waiting.shift();
      try {
        this.#give(worker, job);
      } catch (error) {
        if (isOutOfMemory(error) && this.#computing) {
          // Memory becomes free when another worker ends its batch. Until then, fewer batches run at a time.
          this.#waiting.unshift(job);
          return;
        }
        job.reject(error);
      }
    }
  }

  /** An idle worker, a new worker, or a worker that may get a second batch; null if all have enough. */
  #nextWorker(batch: ImageBatch): Worker | null {
    const [first, ...others] = [...this.#seats].filter(([worker]) => !this.#ending.has(worker));
    if (first === undefined) return this.#start();
    const [worker, { jobs }] = others.reduce((a, b) => (b[1].jobs.length < a[1].jobs.length ? b : a), first);
    if (jobs.length === 0) return worker;
    return this.#start() ?? (jobs.length < DEPTH && this.#work.mayQueue(batch) ? worker : null);
  }

  #give(worker: Worker, job: WorkerJob): void {
    const { number, jobs } = this.#seats.get(worker)!;
    const first = DEPTH * number;
    const place = jobs.some((given) => given.place === first) ? first + 1 : first;
    const { request, transfer } = this.#work.request(job.batch, place);
    worker.postMessage(request, transfer);
    jobs.push({ job, place });
    worker.ref();
  }

  get #computing(): boolean {
    return [...this.#seats.values()].some(({ jobs }) => jobs.length > 0);
  }

  /** Starts a worker if there are fewer than asked for. This also replaces a dead worker, when the next batch comes. */
  #start(): Worker | null {
    if (this.#seats.size >= this.#size) return null;
    const worker = this.#ready?.take() ?? startWorker(this.#backend, this.#script);
    this.#seats.set(worker, { number: this.#freeNumber(), jobs: [] });
    worker.unref();
    worker.postMessage(this.#work.task);
    worker.on('message', (reply: WorkerReply) => this.#finish(worker, reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#bury(worker, `it exited with ${code}`));
    return worker;
  }

  #freeNumber(): number {
    const taken = new Set([...this.#seats.values()].map(({ number }) => number));
    let number = 0;
    while (taken.has(number)) number++;
    return number;
  }

  #finish(worker: Worker, reply: WorkerReply): void {
    const jobs = this.#seats.get(worker)?.jobs;
    const given = jobs?.shift();
    if (jobs === undefined || given === undefined) return;
    const { job, place } = given;
    if (reply.type === 'failed' && reply.error.code === null) {
      // An unexpected error may have left the engine broken, so the next batch gets a new worker.
      this.#ending.add(worker);
      this.#waiting.unshift(...jobs.splice(0).map((next) => next.job));
      void worker.terminate();
    } else {
      this.#work.release(place);
      if (jobs.length === 0) worker.unref();
    }
    this.#assign();
    if (reply.type === 'done') {
      this.#tell(worker, { images: job.batch.rows, start: reply.start, end: reply.end });
      job.resolve(reply.outputs!);
    } else job.reject(receiveError(reply.error));
  }

  /** Each thread has a clock with its own origin. */
  #tell(worker: Worker, { images, start, end }: { images: number; start: number; end: number }): void {
    const { timeOrigin } = performance;
    tellComputed({ thread: worker.threadId, images, start: start - timeOrigin, end: end - timeOrigin });
  }

  /** The worker will end soon. Until then it may still write to its places. */
  #lose(worker: Worker, cause: unknown): void {
    this.#ending.add(worker);
    const [first, ...others] = this.#seats.get(worker)?.jobs.splice(0) ?? [];
    // The worker had not begun the other jobs, so they do not count as failed.
    this.#waiting.unshift(...others.map(({ job }) => job));
    if (first !== undefined) retryOrReject(first.job, this.#waiting, cause);
    this.#assign();
  }

  #bury(worker: Worker, cause: unknown): void {
    this.#lose(worker, cause);
    this.#ending.delete(worker);
    const seat = this.#seats.get(worker);
    this.#seats.delete(worker);
    if (seat !== undefined && !this.#disposed) {
      for (let place = DEPTH * seat.number; place < DEPTH * (seat.number + 1); place++) this.#work.release(place);
    }
    this.#assign();
  }
}
