/**
 * The same program on several threads, for engines that compute on the thread that calls them. A pool is itself a
 * `Program`. It takes any number of batches and gives each to an idle worker. When all workers compute, each gets one
 * more batch, so it need not wait for the calling thread between two batches.
 */
import { ThreadPool } from '../../files/index.js';
import { type BoundGraph, sharedBytes, shareTensors } from '../../graph/index.js';
import type {
  BatchSize,
  CompileOptions,
  ImageBatch,
  Program,
  ProgramOutputs,
  SharedProgram,
} from '../contract/backend.js';
import { isOutOfMemory } from '../contract/memory-error.js';
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

/** Batches that a worker may have: the one it computes, and the next. In a shared memory, it has as many places. */
const DEPTH = 2;

/** Each thread compiles a program of its own, or all compute jobs in a memory that they share. */
export interface PoolWork {
  /** The first message to every thread. */
  readonly task: WorkerTask;
  /** The request for the thread in this place. The caller keeps the batch. */
  request(batch: ImageBatch, place: number): { message: WorkerRequest; transfer: ArrayBuffer[] };
  /** Prepares for batches of this size before there is one. Throws what a request for one would throw. */
  layOut(batch: BatchSize): void;
  /** Whether a thread may get such a batch, in another place, while it still computes one. */
  mayQueue(batch: ImageBatch): boolean;
  /** Reports that the thread in this place has answered or ended. */
  release(place: number): void;
  /** Frees the memory. All threads must have ended. */
  dispose(): void;
}

/** Every thread compiles. The tensors are copied into shared memory once; batches are copied one by one. */
export function copiedWork(model: BoundGraph, options: CompileOptions): PoolWork {
  const { graph, tensors, file } = model;
  const shared = {
    graph,
    tensors: shareTensors(tensors),
    ...(file === undefined ? {} : { file: { ...file, bytes: sharedBytes(file.bytes) } }),
  };
  return {
    task: { type: 'compile', model: shared, options },
    request({ rows, height, width, data }) {
      // Not `data.slice()`, which does not copy a Node Buffer.
      const copy = new Uint8Array(data);
      return { message: { type: 'batch', batch: { rows, height, width, data: copy } }, transfer: [copy.buffer] };
    },
    layOut() {},
    mayQueue: () => true,
    release() {},
    dispose() {},
  };
}

export function sharedWork(program: SharedProgram): PoolWork {
  return {
    task: { type: 'join', invitation: program.invitation },
    request: (batch, place) => ({ message: { type: 'job', job: program.prepare(batch, place) }, transfer: [] }),
    layOut: (batch) => program.layOut(batch),
    mayQueue: (batch) => program.isSmall(batch),
    release: (place) => program.release(place),
    dispose: () => program.dispose(),
  };
}

export class WorkerPool implements Program {
  readonly tellsTimes = true;
  readonly #work: PoolWork;
  readonly #pool: ThreadPool<ImageBatch, WorkerResult>;
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
    this.#work = work;
    this.#pool = new ThreadPool({
      threads,
      depth: DEPTH,
      start() {
        const worker = ready?.take() ?? startWorker(backend, script);
        worker.postMessage(work.task);
        return worker;
      },
      message: (batch, place) => work.request(batch, place),
      died: (_, cause, deaths) => afterDeath(cause, deaths),
      closed,
      mayQueue: (batch) => work.mayQueue(batch),
      // Memory becomes free when another worker ends its batch. Until then, fewer batches run at a time.
      mayWait: isOutOfMemory,
      release: (place) => work.release(place),
    });
  }

  /**
   * Copies the images, so the caller keeps them, but must not change them before the answer. If the thread dies, the
   * batch is run again on a new thread.
   *
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
