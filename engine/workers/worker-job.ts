/** A batch that worker threads compute, and what happens to it when a thread ends or the pool is closed. */
import { CodedError } from '../../base/index.js';
import type { ImageBatch, ProgramOutputs } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';
import { codeMemoryError } from '../contract/memory-error.js';

/** How many threads may die on a batch. One may have been killed from outside; two in a row are not an accident. */
const MAX_DEATHS = 2;

export interface WorkerJob {
  batch: ImageBatch;
  /** Threads that ended while they computed the batch. */
  deaths: number;
  resolve(outputs: ProgramOutputs): void;
  reject(error: unknown): void;
}

/**
 * Called after a thread died on a job. The job goes to the front of the queue. It is rejected if memory was short, or
 * if it is not the first thread that died on it.
 */
export function retryOrReject(job: WorkerJob, waiting: WorkerJob[], cause: unknown): void {
  const coded = codeMemoryError(cause);
  if (coded instanceof CodedError) job.reject(coded);
  else if (++job.deaths < MAX_DEATHS) waiting.unshift(job);
  else job.reject(workerDied(cause));
}

function workerDied(cause: unknown): EngineError {
  const why = cause instanceof Error ? cause.message : String(cause);
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
