/**
 * One program on several threads: a pool has a batch on each, a team one on all, whose first images are sooner. Threads
 * may start ahead of their work: an engine takes about as long to load as the weights take to read.
 */
import { startThread, type Thread, type ThreadMaker } from '#platform';
import { CodedError } from '../../base/index.js';
import { Gate, ThreadPool } from '../../files/index.js';
import { type BoundGraph, sharedBytes, shareTensors } from '../../graph/index.js';
import type {
  BatchSize,
  CompileOptions,
  ImageBatch,
  Program,
  ProgramOutputs,
  SharedProgram,
} from '../contract/backend.js';
import { tellComputed } from '../contract/diagnostics.js';
import { codeMemoryError, EngineError, isOutOfMemory } from '../contract/engine-error.js';

/** The engine that a worker loads when it starts. */
export interface WorkerStart {
  backend: string;
}

/** What worker `thread` has computed, and when, ms since 1970. `outputs` is null if another worker has them. */
export interface WorkerResult {
  outputs: ProgramOutputs | null;
  thread: number;
  start: number;
  end: number;
}

/** Each thread has a clock with its own origin. */
function tellWorked({ thread, start, end }: WorkerResult, images: number): void {
  const { timeOrigin } = performance;
  tellComputed({ thread, images, start: start - timeOrigin, end: end - timeOrigin });
}

const startScript: ThreadMaker = (Worker) => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });

/** Little of a worker is on its JavaScript heap: V8's default of 48 MB for young objects would fill with garbage. */
const YOUNG_MEGABYTES = 8;

/** Starts a thread that loads `backend` and then waits for a model. */
function startWorker(backend: string, script?: URL): Thread {
  const start: ThreadMaker = script ? (Worker) => new Worker(script, { type: 'module' }) : startScript;
  return startThread(start, { backend } satisfies WorkerStart, YOUNG_MEGABYTES);
}

/** Threads that are ready before a pool needs them. They do not keep the process alive while they are idle. */
export class ReadyWorkers {
  readonly #workers: Thread[] = [];

  constructor(
    readonly backend: string,
    count: number,
  ) {
    for (let i = 0; i < count; i++) {
      const worker = startWorker(backend);
      worker.unref();
      worker.on('error', () => this.#forget(worker));
      worker.on('exit', () => this.#forget(worker));
      this.#workers.push(worker);
    }
  }

  /** Hands one of them over to the caller; null when none is left. */
  take(): Thread | null {
    const worker = this.#workers.shift() ?? null;
    worker?.removeAllListeners('error');
    worker?.removeAllListeners('exit');
    return worker;
  }

  /** Ends the threads that were not taken. */
  async dispose(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }

  #forget(worker: Thread): void {
    const index = this.#workers.indexOf(worker);
    if (index >= 0) this.#workers.splice(index, 1);
  }
}

/** How many threads may die on a batch. One may have been killed from outside; two in a row are not an accident. */
const MAX_DEATHS = 2;

/** For a batch that a thread died on: null to run it again; an error if memory was short, or for a second death. */
function afterDeath(cause: unknown, deaths: number): CodedError | null {
  const coded = codeMemoryError(cause);
  if (coded instanceof CodedError) return coded;
  if (deaths < MAX_DEATHS) return null;
  const why = cause instanceof Error ? cause.message : `it exited with ${cause}`;
  return new EngineError('WORKER_DIED', `two worker threads, one after the other, ended while they computed: ${why}`, {
    hint: why.startsWith('Cannot find module')
      ? 'Threads load files of image-drift: leave it out of a bundle for Node (esbuild: --packages=external); for a page, bundle worker.js and image-worker.js beside it.'
      : 'If memory is short, take a smaller batch or fewer threads.',
    cause,
  });
}

function closed(): EngineError {
  return new EngineError('EMBEDDER_CLOSED', 'closed while images were still being computed, or used after that');
}

/** Batches that a worker may have: the one it computes, and the next. In a shared memory, it has as many places. */
const DEPTH = 2;

export interface PoolWork
  extends Pick<SharedProgram, 'invitation' | 'prepare' | 'layOut' | 'isSmall' | 'release' | 'dispose'> {
  /** The buffers of a job that are given away instead of copied; default: none. */
  buffersOf?(job: unknown): ArrayBuffer[];
}

/** The invitation to compile. */
export interface CopiedModel {
  model: BoundGraph;
  options: CompileOptions;
}

/** Every thread compiles. The tensors are copied into shared memory once; batches are copied one by one. */
export function copiedWork({ graph, tensors, file }: BoundGraph, options: CompileOptions): PoolWork {
  const model = {
    graph,
    tensors: shareTensors(tensors),
    ...(file === undefined ? {} : { file: { ...file, bytes: sharedBytes(file.bytes) } }),
  };
  return {
    invitation: { model, options } satisfies CopiedModel,
    // Not `data.slice()`, which does not copy a Node Buffer.
    prepare: ({ rows, height, width, data }): ImageBatch => ({ rows, height, width, data: new Uint8Array(data) }),
    buffersOf: (job) => [(job as ImageBatch).data.buffer as ArrayBuffer],
    layOut() {},
    isSmall: () => true,
    release() {},
    dispose() {},
  };
}

export interface WorkerOptions {
  ready?: ReadyWorkers | null;
  /** What every thread runs, for tests. */
  script?: URL;
}

/** Starts threads that have the program. */
function starting(backend: string, { invitation }: Pick<PoolWork, 'invitation'>, { ready, script }: WorkerOptions) {
  return () => {
    const worker = ready?.take() ?? startWorker(backend, script);
    worker.postMessage(invitation);
    return worker;
  };
}

export class WorkerPool implements Program {
  readonly tellsTimes = true;
  readonly #work: PoolWork;
  readonly #pool: ThreadPool<ImageBatch, WorkerResult>;
  #disposed = false;

  /** @param threads at least 1 */
  constructor(backend: string, work: PoolWork, threads: number, options: WorkerOptions = {}) {
    this.#work = work;
    this.#pool = new ThreadPool({
      threads,
      depth: DEPTH,
      start: starting(backend, work, options),
      message(batch, place) {
        const message = work.prepare(batch, place);
        return { message, transfer: work.buffersOf?.(message) ?? [] };
      },
      died: (_, cause, deaths) => afterDeath(cause, deaths),
      closed,
      mayQueue: (batch) => work.isSmall(batch),
      // Memory becomes free when another worker ends its batch. Until then, fewer batches run at a time.
      mayWait: isOutOfMemory,
      release: (place) => work.release(place),
    });
  }

  /**
   * Copies the images. If the thread dies, the batch is run again on a new thread.
   * @throws EngineError `WORKER_DIED` when the second thread dies too; `OUT_OF_MEMORY`; whatever the backend throws
   */
  async run(batch: ImageBatch): Promise<ProgramOutputs> {
    const result = await this.#pool.answer(batch);
    tellWorked(result, batch.rows);
    return result.outputs!;
  }

  warmUp(batch: BatchSize): void {
    if (!this.#disposed) this.#work.layOut(batch);
  }

  /** Ends all workers immediately. Batches under way are rejected. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#pool.close({ atOnce: true });
    this.#work.dispose();
  }
}

/** A thread of a team has ended. */
class Death extends Error {}

export class WorkerTeam implements Program {
  readonly tellsTimes = true;
  readonly #program: SharedProgram;
  readonly #threads: number;
  readonly #pool: ThreadPool<unknown, WorkerResult>;
  readonly #gate = new Gate(1);

  /** As `WorkerPool`. */
  constructor(backend: string, program: SharedProgram, threads: number, options: WorkerOptions = {}) {
    this.#program = program;
    this.#threads = threads;
    this.#pool = new ThreadPool({
      threads,
      depth: 1,
      start: starting(backend, program, options),
      message: (job) => ({ message: job }),
      died: (_, cause) => new Death('', { cause }),
      closed,
    });
  }

  /** As `WorkerPool`. */
  run(batch: ImageBatch): Promise<ProgramOutputs> {
    return this.#gate.pass(() => this.#runTogether(batch, 0));
  }

  async dispose(): Promise<void> {
    await this.#pool.close({ atOnce: true });
    this.#program.dispose();
  }

  /** @param deaths threads that ended while they computed the batch */
  async #runTogether(batch: ImageBatch, deaths: number): Promise<ProgramOutputs> {
    const jobs = this.#program.prepareTogether(batch, this.#threads);
    const answers = await Promise.allSettled(jobs.map((job) => this.#answer(job)));
    for (const place of jobs.keys()) this.#program.release(place);
    for (const answer of answers) {
      if (answer.status === 'rejected' || answer.value.outputs === null) continue;
      tellWorked({ ...answer.value, thread: 0 }, batch.rows);
      return answer.value.outputs;
    }
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    const failure = failures.find((one) => !(one instanceof Death)) ?? failures[0];
    if (!(failure instanceof Death)) throw failure;
    const reason = afterDeath(failure.cause, deaths + 1);
    if (reason !== null) throw reason;
    return this.#runTogether(batch, deaths + 1);
  }

  /** If a thread fails, the others stop waiting for it, and have no outputs. */
  async #answer(job: unknown): Promise<WorkerResult> {
    try {
      return await this.#pool.answer(job);
    } catch (error) {
      this.#program.abandonTogether();
      throw error;
    }
  }
}
