/** Worker threads, also ahead of their work: an engine takes about as long to load as the weights take to read. */
import { Worker } from 'node:worker_threads';
import { CodedError } from '../../base/index.js';
import { threadFlags } from '../../files/index.js';
import type { ProgramOutputs } from '../contract/backend.js';
import { tellComputed } from '../contract/diagnostics.js';
import { codeMemoryError, EngineError } from '../contract/engine-error.js';

/** `workerData`: the engine that a worker loads when it starts. */
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
export function tellWorked({ thread, start, end }: WorkerResult, images: number): void {
  const { timeOrigin } = performance;
  tellComputed({ thread, images, start: start - timeOrigin, end: end - timeOrigin });
}

const WORKER_SCRIPT = new URL('./worker.js', import.meta.url);

/** Little of a worker is on its JavaScript heap: V8's default of 48 MB for young objects would fill with garbage. */
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

/** How many threads may die on a batch. One may have been killed from outside; two in a row are not an accident. */
const MAX_DEATHS = 2;

/** For a batch that a thread died on: null to run it again; an error if memory was short, or for a second death. */
export function afterDeath(cause: unknown, deaths: number): CodedError | null {
  const coded = codeMemoryError(cause);
  if (coded instanceof CodedError) return coded;
  if (deaths < MAX_DEATHS) return null;
  const why = cause instanceof Error ? cause.message : `it exited with ${cause}`;
  return new EngineError('WORKER_DIED', `two worker threads, one after the other, ended while they computed: ${why}`, {
    hint: why.startsWith('Cannot find module')
      ? 'Threads load files of image-drift: leave it out of a bundle (esbuild: --packages=external).'
      : 'If memory is short, take a smaller batch or fewer threads.',
    cause,
  });
}

export function closed(): EngineError {
  return new EngineError('EMBEDDER_CLOSED', 'closed while images were still being computed, or used after that');
}
