/**
 * The same program on several threads, for engines that compute on the thread that calls them. A pool is itself a
 * `Program`: it takes batches in any number and gives each to the next idle worker.
 *
 * Workers start at the first batch, unless some are ready before, stay for the next ones, and while idle do not keep the process alive.
 */
import type { Worker } from 'node:worker_threads';
import type { ImageBatch, Program, ProgramOutputs } from '../backend.js';
import { tellComputed } from '../diagnostics.js';
import { EngineError } from '../engine-error.js';
import { codeMemoryError, isOutOfMemory } from '../running/memory-error.js';
import { receiveError, type WorkerReply } from './messages.js';
import type { PoolWork } from './pool-work.js';
import { type ReadyWorkers, startWorker, WORKER_SCRIPT } from './start-worker.js';
import { closed, MAX_DEATHS, workerDied } from './worker-errors.js';

/** What a worker computes, in which place of the memory that all share, if they do. */
interface Seat {
  place: number;
  job: Job | null;
}

interface Job {
  batch: ImageBatch;
  /** Threads that ended while they computed it. */
  deaths: number;
  resolve(outputs: ProgramOutputs): void;
  reject(error: unknown): void;
}

export class WorkerPool implements Program {
  readonly tellsTimes = true;
  readonly #backend: string;
  readonly #work: PoolWork;
  readonly #ready: ReadyWorkers | null;
  readonly #size: number;
  readonly #script: URL;
  readonly #waiting: Job[] = [];
  /** All that have not ended. */
  readonly #seats = new Map<Worker, Seat>();
  readonly #idle: Worker[] = [];
  #disposed = false;

  /**
   * `threads` of at least 1.
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
   * The images are copied, so the caller keeps them, and must leave them as they are until the answer. When the thread dies
   * the batch is run again on a new one.
   *
   * @throws EngineError `WORKER_DIED` when that one dies, too; `OUT_OF_MEMORY`; whatever the backend throws
   */
  run(batch: ImageBatch): Promise<ProgramOutputs> {
    if (this.#disposed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, deaths: 0, resolve, reject });
      this.#assign();
    });
  }

  /** Ends all workers at once; batches under way are rejected. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const jobs = [...this.#seats.values()].flatMap(({ job }) => job ?? []);
    jobs.push(...this.#waiting.splice(0));
    this.#idle.length = 0;
    for (const seat of this.#seats.values()) seat.job = null;
    for (const job of jobs) job.reject(closed());
    await Promise.all([...this.#seats.keys()].map((worker) => worker.terminate()));
    this.#work.dispose();
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? this.#start();
      if (worker === null) return;
      const job = this.#waiting.shift()!;
      try {
        this.#give(worker, job);
      } catch (error) {
        this.#idle.push(worker);
        if (isOutOfMemory(error) && this.#computing) {
          // What another worker computes in will be free: fewer at a time, then.
          this.#waiting.unshift(job);
          return;
        }
        job.reject(error);
      }
    }
  }

  #give(worker: Worker, job: Job): void {
    const seat = this.#seats.get(worker)!;
    const { request, transfer } = this.#work.request(job.batch, seat.place);
    worker.postMessage(request, transfer);
    seat.job = job;
    worker.ref();
  }

  get #computing(): boolean {
    return [...this.#seats.values()].some(({ job }) => job !== null);
  }

  /** A new worker while there are fewer than asked for; a dead one is replaced here when the next batch comes. */
  #start(): Worker | null {
    if (this.#seats.size >= this.#size) return null;
    const worker = this.#ready?.take() ?? startWorker(this.#backend, this.#script);
    this.#seats.set(worker, { place: this.#freePlace(), job: null });
    worker.unref();
    worker.postMessage(this.#work.task);
    worker.on('message', (reply: WorkerReply) => this.#finish(worker, reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#bury(worker, `it exited with ${code}`));
    return worker;
  }

  #freePlace(): number {
    const taken = new Set([...this.#seats.values()].map(({ place }) => place));
    let place = 0;
    while (taken.has(place)) place++;
    return place;
  }

  #finish(worker: Worker, reply: WorkerReply): void {
    const seat = this.#seats.get(worker);
    const job = seat?.job;
    if (!seat || !job) return;
    seat.job = null;
    if (reply.type === 'failed' && reply.error.code === null) {
      // An error that nobody foresaw may have left the engine broken: the next batch gets a new worker.
      void worker.terminate();
    } else {
      this.#work.release(seat.place);
      this.#idle.push(worker);
      worker.unref();
    }
    this.#assign();
    if (reply.type === 'done') {
      this.#tell(worker, { images: job.batch.rows, start: reply.start, end: reply.end });
      job.resolve(reply.outputs!);
    } else job.reject(receiveError(reply.error));
  }

  /** Threads have clocks of their own. */
  #tell(worker: Worker, { images, start, end }: { images: number; start: number; end: number }): void {
    const { timeOrigin } = performance;
    tellComputed({ thread: worker.threadId, images, start: start - timeOrigin, end: end - timeOrigin });
  }

  /** It will end soon, and until then may still write to its place. */
  #lose(worker: Worker, cause: unknown): void {
    const seat = this.#seats.get(worker);
    const index = this.#idle.indexOf(worker);
    if (index >= 0) this.#idle.splice(index, 1);
    if (!seat?.job) return;
    const { job } = seat;
    seat.job = null;
    this.#retryOrReject(job, cause);
    this.#assign();
  }

  #bury(worker: Worker, cause: unknown): void {
    this.#lose(worker, cause);
    const seat = this.#seats.get(worker);
    this.#seats.delete(worker);
    if (seat !== undefined && !this.#disposed) this.#work.release(seat.place);
    this.#assign();
  }

  #retryOrReject(job: Job, cause: unknown): void {
    const coded = codeMemoryError(cause);
    if (coded instanceof EngineError) job.reject(coded);
    else if (++job.deaths < MAX_DEATHS) this.#waiting.unshift(job);
    else job.reject(workerDied(cause));
  }
}
