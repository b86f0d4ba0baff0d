/**
 * Latency mode: all threads compute one batch at a time together, in the memory that they share. It is for one small
 * batch or one big image. A `WorkerPool` computes more images a second; a team has the first images sooner.
 *
 * Threads start at the first batch, unless some are ready before. They stay for later batches, and do not keep the
 * process alive while they are idle.
 */
import type { Worker } from 'node:worker_threads';
import { type Answer, receiveError } from '../../files/index.js';
import type { ImageBatch, Program, ProgramOutputs, SharedProgram } from '../contract/backend.js';
import {
  afterDeath,
  closed,
  type ReadyWorkers,
  startWorker,
  tellWorked,
  WORKER_SCRIPT,
  type WorkerRequest,
  type WorkerResult,
  type WorkerTask,
} from './start-worker.js';

interface WorkerJob {
  batch: ImageBatch;
  /** Threads that ended while they computed the batch. */
  deaths: number;
  resolve(outputs: ProgramOutputs): void;
  reject(error: unknown): void;
}

/** A job while the threads compute it. */
interface Run {
  job: WorkerJob;
  /** Threads that have neither answered nor ended. */
  pending: Set<Worker>;
  /** Whether a thread has answered with the outputs. The other threads may be a moment late. */
  answered: boolean;
  /** The reason why there will be no outputs. The threads then give up. */
  failure: { cause: unknown; died: boolean } | null;
}

export class WorkerTeam implements Program {
  readonly tellsTimes = true;
  readonly #backend: string;
  readonly #program: SharedProgram;
  readonly #ready: ReadyWorkers | null;
  readonly #script: URL;
  readonly #waiting: WorkerJob[] = [];
  /** By place; null where a thread has to be started. */
  readonly #members: (Worker | null)[];
  #run: Run | null = null;
  #disposed = false;

  /** As `WorkerPool`. */
  constructor(
    backend: string,
    program: SharedProgram,
    threads: number,
    { ready = null, script = WORKER_SCRIPT }: { ready?: ReadyWorkers | null; script?: URL } = {},
  ) {
    this.#backend = backend;
    this.#program = program;
    this.#ready = ready;
    this.#script = script;
    this.#members = Array.from({ length: threads }, () => null);
  }

  /** As `WorkerPool`. */
  run(batch: ImageBatch): Promise<ProgramOutputs> {
    if (this.#disposed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, deaths: 0, resolve, reject });
      this.#next();
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const jobs = this.#waiting.splice(0);
    if (this.#run !== null) jobs.push(this.#run.job);
    this.#run = null;
    for (const job of jobs) job.reject(closed());
    await Promise.all(this.#members.map((worker) => worker?.terminate()));
    this.#program.dispose();
  }

  /** Gives the next batch to all threads, if none has work and none is about to end. */
  #next(): void {
    while (this.#run === null && this.#waiting.length > 0) {
      const job = this.#waiting.shift()!;
      try {
        this.#give(job);
      } catch (error) {
        this.#run = null;
        job.reject(error);
      }
    }
  }

  #give(job: WorkerJob): void {
    const workers = this.#members.map((worker, place) => worker ?? this.#start(place));
    const jobs = this.#program.prepareTogether(job.batch, workers.length);
    this.#run = { job, pending: new Set(workers), answered: false, failure: null };
    for (const [place, worker] of workers.entries()) {
      worker.ref();
      worker.postMessage({ type: 'job', job: jobs[place] } satisfies WorkerRequest);
    }
  }

  #start(place: number): Worker {
    const worker = this.#ready?.take() ?? startWorker(this.#backend, this.#script);
    this.#members[place] = worker;
    worker.unref();
    worker.postMessage({ type: 'join', invitation: this.#program.invitation } satisfies WorkerTask);
    let cause: unknown = null;
    worker.on('message', (answer: Answer<WorkerResult>) => this.#note(worker, answer));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      this.#members[place] = null;
      this.#end(worker, cause ?? code);
    });
    return worker;
  }

  #note(worker: Worker, answer: Answer<WorkerResult>): void {
    const run = this.#run;
    if (!run?.pending.has(worker)) return;
    if ('error' in answer) {
      this.#fail(run, { cause: receiveError(answer.error), died: false });
      // The engine may be broken, as in a pool. The end of the worker counts as its answer.
      if (answer.error.coded === null) return void worker.terminate();
    } else if (answer.result.outputs !== null) {
      tellWorked({ ...answer.result, thread: 0 }, run.job.batch.rows);
      run.answered = true;
      run.job.resolve(answer.result.outputs);
    }
    worker.unref();
    this.#settle(run, worker);
  }

  #end(worker: Worker, cause: unknown): void {
    const run = this.#run;
    if (!run?.pending.has(worker)) return;
    if (run.failure === null) this.#fail(run, { cause, died: true });
    this.#settle(run, worker);
  }

  #fail(run: Run, failure: NonNullable<Run['failure']>): void {
    run.failure ??= failure;
    this.#program.abandonTogether();
  }

  #settle(run: Run, worker: Worker): void {
    run.pending.delete(worker);
    if (run.pending.size > 0) return;
    this.#run = null;
    this.#members.forEach((_, place) => {
      this.#program.release(place);
    });
    const { job, answered, failure } = run;
    if (!answered) {
      const reason = failure?.died ? afterDeath(failure.cause, ++job.deaths) : failure?.cause;
      if (reason === null) this.#waiting.unshift(job);
      else job.reject(reason);
    }
    this.#next();
  }
}
