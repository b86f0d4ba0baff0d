/** A batch on its way through worker threads, and what becomes of it when its thread ends, or its pool. */
import { CodedError } from '../../errors/index.js';
import type { ImageBatch, ProgramOutputs } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';
import { codeMemoryError } from '../contract/memory-error.js';

/** Threads on which a batch may die: one may be killed from outside, two in a row are no accident. */
const MAX_DEATHS = 2;

export interface WorkerJob {
  batch: ImageBatch;
  /** Threads that ended while they computed it. */
  deaths: number;
  resolve(outputs: ProgramOutputs): void;
  reject(error: unknown): void;
}

/** After a thread died on it: first of those that wait, or rejected, since memory was short or it is not the first. */
export function retryOrReject(job: WorkerJob, waiting: WorkerJob[], cause: unknown): void {
  const coded = codeMemoryError(cause);
  if (coded instanceof CodedError) job.reject(coded);
  else if (++job.deaths < MAX_DEATHS) waiting.unshift(job);
  else job.reject(workerDied(cause));
}

function workerDied(cause: unknown): EngineError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new EngineError('WORKER_DIED', `two worker threads, one after the other, ended while they computed: ${why}`, {
    hint: 'If memory is short, take a smaller batch or fewer threads.',
    cause,
  });
}

export function closed(): EngineError {
  return new EngineError('EMBEDDER_CLOSED', 'closed while images were still being computed, or used after that');
}
