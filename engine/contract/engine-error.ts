/** The errors of engines. Those of too little memory are recognised: a smaller batch may still fit. */
import { CodedError } from '../../base/index.js';

/** An engine that is missing or fails, or a batch, option or precision that it cannot take. */
export class EngineError extends CodedError {
  override readonly name = 'EngineError';
}

/** What others' code threw, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function firstLine(error: unknown): string {
  return messageOf(error).split('\n', 1)[0]!.trim();
}

/** The words of V8, Node, WebAssembly and TensorFlow.js for errors of too little memory. */
const WORDS = /allocation failed|out of memory|cannot allocate|bad_alloc|memory\.grow|invalid (typed )?array length/i;

export function isOutOfMemory(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'OUT_OF_MEMORY';
}

/** Turns an out-of-memory error without a code into `OUT_OF_MEMORY`. Other errors stay unchanged. */
export function codeMemoryError(error: unknown): unknown {
  if (error instanceof CodedError || !(error instanceof Error)) return error;
  const workerHeap = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (!workerHeap && !WORDS.test(error.message)) return error;
  return new EngineError('OUT_OF_MEMORY', `too little memory: ${error.message}`, { cause: error });
}
