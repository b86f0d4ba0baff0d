/** Starts a program on the calling thread or on worker threads. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { BoundGraph } from '../../graph/index.js';
import type { Backend, CompileOptions, Program } from '../contract/backend.js';
import type { ReadyWorkers } from '../workers/start-worker.js';
import { copiedWork, sharedWork, WorkerPool } from '../workers/worker-pool.js';
import { WorkerTeam } from '../workers/worker-team.js';

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

/**
 * Frees memory that is known to be garbage and that V8 would keep for long.
 *
 * Runs V8's garbage collector once, which takes some ten milliseconds. It is meant for the moment after weights have
 * been folded. The tensors that were read are as large as all that follows, but they lie outside of the heap, where V8
 * hardly counts them.
 *
 * The flag makes `gc` visible only in contexts that are made after it is set. Bun has no such flag; there, nothing happens.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext("typeof gc === 'function' ? gc : null");
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect();
}
