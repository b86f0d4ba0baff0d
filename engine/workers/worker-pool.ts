/** One program on several threads: a pool has a batch on each, a team one on all, whose first images are sooner. */
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
import { isOutOfMemory } from '../contract/engine-error.js';
import { afterDeath, closed, type ReadyWorkers, startWorker, tellWorked, type WorkerResult } from './start-worker.js';

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
