/** Starts a program on the calling thread or on worker threads. */
import { collectGarbage } from '#platform';
import type { BoundGraph } from '../../graph/index.js';
import type { Backend, CompileOptions, Program } from '../contract/backend.js';
import type { ReadyWorkers } from '../workers/worker-pool.js';
import { copiedWork, WorkerPool, WorkerTeam } from '../workers/worker-pool.js';

export interface ThreadOptions {
  /** 0: on the calling thread. */
  threads: number;
  ready: ReadyWorkers | null;
  /** All threads on one batch at a time; only for engines that share memory. */
  latency: boolean;
}

/** Gives a function that starts the program. It keeps only shared copies of tensors if every thread compiles. */
export function startProgram(
  backend: Backend,
  model: BoundGraph,
  options: CompileOptions,
  { threads, ready, latency }: ThreadOptions,
): () => Promise<Program> {
  if (threads === 0) return () => backend.compile(model, options);
  if (backend.share === undefined) {
    const pool = new WorkerPool(backend.name, copiedWork(model, options), threads, { ready });
    return collecting(pool);
  }
  const share = backend.share.bind(backend);
  return async () => {
    const program = await share(model, options);
    return latency
      ? new WorkerTeam(backend.name, program, threads, { ready })
      : new WorkerPool(backend.name, program, threads, { ready });
  };
}

/** A function of its own, so it keeps no model. */
const collecting = (pool: WorkerPool) => async (): Promise<Program> => {
  collectGarbage();
  return pool;
};
