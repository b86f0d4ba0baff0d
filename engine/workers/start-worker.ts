/**
 * Starts worker threads before there is work. They load their engine while the calling thread reads the weights, which
 * takes about as long.
 */
import { Worker } from 'node:worker_threads';
import { threadFlags } from '../../files/index.js';
import type { WorkerStart } from './messages.js';

export const WORKER_SCRIPT = new URL('./worker.js', import.meta.url);

/**
 * A worker has little on its JavaScript heap. V8's default of 48 MB for young objects would only fill with garbage.
 * Weights and activations lie outside of the heap.
 */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 8 };

/** Starts a thread that loads `backend` and then waits for a model. */
export function startWorker(backend: string, script: URL = WORKER_SCRIPT): Worker {
  const workerData: WorkerStart = { backend };
  return new Worker(script, { workerData, resourceLimits: WORKER_LIMITS, ...threadFlags() });
}

/** Threads that are ready before a pool needs them. They do not keep the process alive while they are idle. */
export class ReadyWorkers {
  readonly #workers: Worker[] = [];

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
  take(): Worker | null {
    const worker = this.#workers.shift() ?? null;
    worker?.removeAllListeners('error');
    worker?.removeAllListeners('exit');
    return worker;
  }

  /** Ends the threads that were not taken. */
  async dispose(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }

  #forget(worker: Worker): void {
    const index = this.#workers.indexOf(worker);
    if (index >= 0) this.#workers.splice(index, 1);
  }
}
