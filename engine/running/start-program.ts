/** A program on the calling thread, or the same on worker threads. */
import type { Backend, CompileOptions, Program } from '../backend.js';
import type { BoundGraph } from '../bound-graph.js';
import { collectGarbage } from '../collect-garbage.js';
import type { ReadyWorkers } from '../workers/start-worker.js';
import { WorkerPool } from '../workers/worker-pool.js';

/** What is given starts it; with worker threads nothing keeps the tensors of `model`, only their shared copies. */
export function startProgram(
  backend: Backend,
  model: BoundGraph,
  options: CompileOptions,
  threads: number,
  ready: ReadyWorkers | null,
): () => Promise<Program> {
  if (threads === 0) return () => backend.compile(model, options);
  return startWorkers(new WorkerPool(backend.name, model, options, threads, { ready }));
}

function startWorkers(pool: WorkerPool): () => Promise<Program> {
  return async () => {
    collectGarbage();
    return pool;
  };
}
