/**
 * Worker threads before there is work: they load their engine while the calling thread reads the weights, which takes
 * about as long.
 */
import { Worker } from 'node:worker_threads';
import type { WorkerStart } from './messages.js';

export const WORKER_SCRIPT = new URL('./worker.js', import.meta.url);

/**
 * What a worker holds on its JavaScript heap is small; V8's default of 48 MB for young objects would only collect
 * garbage. Weights and activations lie outside of the heap.
 */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 8 };

/** A thread that loads `backend` and then waits for a model. */
export function startWorker(backend: string, script: URL = WORKER_SCRIPT): Worker {
  const workerData: WorkerStart = { backend };
  return new Worker(script, { workerData, resourceLimits: WORKER_LIMITS });
}

/** Threads that are ready before a pool asks for them. Idle, they do not keep the process alive. */
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

  /** One of them, which is the caller's from now on; null when there is none left. */
  take(): Worker | null {
    const worker = this.#workers.shift() ?? null;
    worker?.removeAllListeners('error');
    worker?.removeAllListeners('exit');
    return worker;
  }

  /** Ends those that nobody took. */
  async dispose(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }

  #forget(worker: Worker): void {
    const index = this.#workers.indexOf(worker);
    if (index >= 0) this.#workers.splice(index, 1);
  }
}
