/** What the threads say to each other. Everything is structured-cloneable; batches and results are transferred. */
import { CodedError } from '../../errors/index.js';
import type { BoundGraph } from '../../graph/index.js';
import type { CompileOptions, ImageBatch, ProgramOutputs } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';

/** `workerData`: the engine that a worker loads at once. */
export interface WorkerStart {
  backend: string;
}

/**
 * To the worker, first: what it compiles (its tensors lie in shared memory, so every worker reads the same bytes), or
 * the memory that it computes in.
 */
export type WorkerTask =
  | { type: 'compile'; model: BoundGraph; options: CompileOptions }
  | { type: 'join'; invitation: unknown };

/** To the worker, then: run this batch, or what was prepared of one in the shared memory. */
export type WorkerRequest = { type: 'batch'; batch: ImageBatch } | { type: 'job'; job: unknown };

/**
 * From the worker: the answer to its request, and when it computed, in ms since 1970. `outputs` is null where another
 * worker of a job computed together has them.
 */
export type WorkerReply =
  | { type: 'done'; outputs: ProgramOutputs | null; start: number; end: number }
  | { type: 'failed'; error: SentError };

/** An error in a form that keeps its code on the way to another thread. */
export interface SentError {
  /** Null for an error that is not coded: a bug. */
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
