/** Starts a program on the calling thread or on worker threads. */

import type { BoundGraph } from '../../graph/index.js';
import type { Backend, CompileOptions, Program } from '../contract/backend.js';
import { copiedWork, sharedWork } from '../workers/pool-work.js';
import type { ReadyWorkers } from '../workers/start-worker.js';
import { WorkerPool } from '../workers/worker-pool.js';
import { WorkerTeam } from '../workers/worker-team.js';
import { collectGarbage } from './collect-garbage.js';

export interface ThreadOptions {
  /** 0: on the calling thread. */
  threads: number;
  ready: ReadyWorkers | null;
  /** All threads on one batch at a time; only for engines that share memory. */
  latency: boolean;
}

/**
 * Gives a function that starts the program. If every thread compiles for itself, the function keeps only the shared
 * copies of `model`'s tensors.
 */
export function startProgram(
  backend: Backend,
  model: BoundGraph,
  options: CompileOptions,
  { threads, ready, latency }: ThreadOptions,
): () => Promise<Program> {
  if (threads === 0) return () => backend.compile(model, options);
  if (backend.share === undefined) {
    return startWorkers(new WorkerPool(backend.name, copiedWork(model, options), threads, { ready }));
  }
  const share = backend.share.bind(backend);
  return async () => {
    const program = await share(model, options);
    return latency
      ? new WorkerTeam(backend.name, program, threads, { ready })
      : new WorkerPool(backend.name, sharedWork(program), threads, { ready });
  };
}

function startWorkers(pool: WorkerPool): () => Promise<Program> {
  return async () => {
    collectGarbage();
    return pool;
  };
}
