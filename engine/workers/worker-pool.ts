/**
 * The same program on several threads, for engines that compute on the thread that calls them. A pool is itself a
 * `Program`: it takes batches in any number and gives each to the next idle worker.
 *
 * Workers start at the first batch, unless some are ready before, stay for the next ones, and while idle do not keep the process alive.
 */
import type { Worker } from 'node:worker_threads';
import type { CompileOptions, ImageBatch, Program, ProgramOutputs } from '../backend.js';
import type { BoundGraph } from '../bound-graph.js';
import { tellComputed } from '../diagnostics.js';
import { EngineError } from '../engine-error.js';
import { codeMemoryError } from '../running/memory-error.js';
import { shareTensors } from '../shared-memory.js';
import { receiveError, type WorkerReply, type WorkerRequest, type WorkerTask } from './messages.js';
import { type ReadyWorkers, startWorker, WORKER_SCRIPT } from './start-worker.js';

/** Threads on which a batch may die: one may be killed from outside, two in a row are no accident. */
const MAX_DEATHS = 2;

interface Job {
  batch: ImageBatch;
  /** Threads that ended while they computed it. */
  deaths: number;
  resolve(outputs: ProgramOutputs): void;
  reject(error: unknown): void;
}

export class WorkerPool implements Program {
  readonly #backend: string;
  readonly #task: WorkerTask;
  readonly #ready: ReadyWorkers | null;
  readonly #size: number;
  readonly #script: URL;
  readonly #waiting: Job[] = [];
  readonly #busy = new Map<Worker, Job>();
  readonly #idle: Worker[] = [];
  #disposed = false;

  /**
   * `threads` of at least 1; the tensors of `model` are copied into shared memory once.
   *
   * @param ready threads to take before others are started
   * @param script what every thread runs, for tests
   */
  constructor(
    backend: string,
    model: BoundGraph,
    options: CompileOptions,
    threads: number,
    { ready = null, script = WORKER_SCRIPT }: { ready?: ReadyWorkers | null; script?: URL } = {},
  ) {
    const shared = { graph: model.graph, tensors: shareTensors(model.tensors) };
    this.#backend = backend;
    this.#task = { model: shared, options };
    this.#ready = ready;
    this.#size = threads;
    this.#script = script;
  }

  /**
   * `batch.data` is copied, so the caller keeps it, and must leave it as it is until the answer. When the thread dies
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
    const workers = [...this.#busy.keys(), ...this.#idle];
    const jobs = [...this.#busy.values(), ...this.#waiting];
    this.#busy.clear();
    this.#idle.length = 0;
    this.#waiting.length = 0;
    for (const job of jobs) job.reject(closed());
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? this.#start();
      if (worker === null) return;
      const job = this.#waiting.shift()!;
      this.#busy.set(worker, job);
      worker.ref();
      const { rows, height, width, data } = job.batch;
      // Not `data.slice()`: of a Node Buffer that would be no copy.
      const request: WorkerRequest = { rows, height, width, data: new Uint8Array(data) };
      worker.postMessage(request, [request.data.buffer as ArrayBuffer]);
    }
  }

  /** A new worker while there are fewer than asked for; a dead one is replaced here when the next batch comes. */
  #start(): Worker | null {
    if (this.#busy.size + this.#idle.length >= this.#size) return null;
    const worker = this.#ready?.take() ?? startWorker(this.#backend, this.#script);
    worker.postMessage(this.#task);
    worker.on('message', (reply: WorkerReply) => this.#finish(worker, reply));
    worker.on('error', (error) => this.#bury(worker, error));
    worker.on('exit', (code) => this.#bury(worker, `it exited with ${code}`));
    return worker;
  }

  #finish(worker: Worker, reply: WorkerReply): void {
    const job = this.#busy.get(worker);
    if (job === undefined) return;
    this.#busy.delete(worker);
    if (reply.type === 'failed' && reply.error.code === null) {
      // An error that nobody foresaw may have left the engine broken: the next batch gets a new worker.
      void worker.terminate();
    } else {
      this.#idle.push(worker);
      worker.unref();
    }
    this.#assign();
    if (reply.type === 'done') {
      this.#tell(worker, { images: job.batch.rows, start: reply.start, end: reply.end });
      job.resolve(reply.outputs);
    } else job.reject(receiveError(reply.error));
  }

  /** Threads have clocks of their own. */
  #tell(worker: Worker, { images, start, end }: { images: number; start: number; end: number }): void {
    const { timeOrigin } = performance;
    tellComputed({ thread: worker.threadId, images, start: start - timeOrigin, end: end - timeOrigin });
  }

  #bury(worker: Worker, cause: unknown): void {
    const job = this.#busy.get(worker);
    this.#busy.delete(worker);
    const index = this.#idle.indexOf(worker);
    if (index >= 0) this.#idle.splice(index, 1);
    if (job !== undefined) this.#retryOrReject(job, cause);
    this.#assign();
  }

  #retryOrReject(job: Job, cause: unknown): void {
    const coded = codeMemoryError(cause);
    if (coded instanceof EngineError) job.reject(coded);
    else if (++job.deaths < MAX_DEATHS) this.#waiting.unshift(job);
    else job.reject(workerDied(cause));
  }
}

function workerDied(cause: unknown): EngineError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new EngineError('WORKER_DIED', `two worker threads, one after the other, ended while they computed: ${why}`, {
    hint: 'If memory is short, take a smaller batch or fewer threads.',
    cause,
  });
}

function closed(): EngineError {
  return new EngineError('EMBEDDER_CLOSED', 'closed while images were still being computed, or used after that');
}
