/** Tells errors of too little memory from all others: they are answered by a smaller batch. */
import { CodedError } from '../../errors/index.js';
import { EngineError } from './engine-error.js';

/** What V8, Node, WebAssembly and TensorFlow.js say when there is no memory. */
const WORDS = /allocation failed|out of memory|cannot allocate|bad_alloc|memory\.grow|invalid (typed )?array length/i;

export function isOutOfMemory(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'OUT_OF_MEMORY';
}

/** Errors that engines throw without a code, when they mean memory, as `OUT_OF_MEMORY`; all others as they are. */
export function codeMemoryError(error: unknown): unknown {
  if (error instanceof CodedError || !(error instanceof Error)) return error;
  const workerHeap = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (!workerHeap && !WORDS.test(error.message)) return error;
  return new EngineError('OUT_OF_MEMORY', `too little memory: ${error.message}`, { cause: error });
}
