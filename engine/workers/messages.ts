/** The messages between the threads. All can be structured-cloned; batches and results are transferred. */
import { CodedError } from '../../base/index.js';
import type { BoundGraph } from '../../graph/index.js';
import type { CompileOptions, ImageBatch, ProgramOutputs } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';

/** `workerData`: the engine that a worker loads when it starts. */
export interface WorkerStart {
  backend: string;
}

/**
 * The first message to a worker: the model that it compiles (its tensors lie in shared memory, so every worker reads
 * the same bytes), or the memory that it computes in.
 */
export type WorkerTask =
  | { type: 'compile'; model: BoundGraph; options: CompileOptions }
  | { type: 'join'; invitation: unknown };

/** The later messages to a worker: a batch to run, or a job that is prepared in the shared memory. */
export type WorkerRequest = { type: 'batch'; batch: ImageBatch } | { type: 'job'; job: unknown };

/**
 * The worker's answer to a request, with the time when it computed, in ms since 1970. `outputs` is null if another
 * worker that computed the same job has them.
 */
export type WorkerReply =
  | { type: 'done'; outputs: ProgramOutputs | null; start: number; end: number }
  | { type: 'failed'; error: SentError };

/** An error in a form that keeps its code when it is sent to another thread. */
export interface SentError {
  /** Null for an error without a code: a bug. */
  code: string | null;
  message: string;
  hint: string | undefined;
  stack: string | undefined;
}

export function sendError(error: unknown): SentError {
  if (error instanceof CodedError) {
    return { code: error.code, message: error.message, hint: error.hint ?? undefined, stack: error.stack };
  }
  if (error instanceof Error) return { code: null, message: error.message, hint: undefined, stack: error.stack };
  return { code: null, message: String(error), hint: undefined, stack: undefined };
}

export function receiveError({ code, message, hint, stack }: SentError): Error {
  const error = code === null ? new Error(message) : new EngineError(code, message, { hint });
  if (stack !== undefined) error.stack = stack;
  return error;
}
