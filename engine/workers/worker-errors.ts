/** What becomes of a batch whose thread ended, or whose pool did. */
import { EngineError } from '../engine-error.js';

/** Threads on which a batch may die: one may be killed from outside, two in a row are no accident. */
export const MAX_DEATHS = 2;

export function workerDied(cause: unknown): EngineError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new EngineError('WORKER_DIED', `two worker threads, one after the other, ended while they computed: ${why}`, {
    hint: 'If memory is short, take a smaller batch or fewer threads.',
    cause,
  });
}

export function closed(): EngineError {
  return new EngineError('EMBEDDER_CLOSED', 'closed while images were still being computed, or used after that');
}
