/** What the threads of a pool are told: a program each, compiled by themselves, or jobs in a memory that they share. */

import { type BoundGraph, shareTensors } from '../../graph/index.js';
import type { CompileOptions, ImageBatch, SharedProgram } from '../contract/backend.js';
import type { WorkerRequest, WorkerTask } from './messages.js';

export interface PoolWork {
  /** To every thread, first. */
  readonly task: WorkerTask;
  /** For the thread in this place; the batch stays the caller's. */
  request(batch: ImageBatch, place: number): { request: WorkerRequest; transfer: ArrayBuffer[] };
  /** Whether a thread may be given such a batch, in another place, while it still computes one. */
  mayQueue(batch: ImageBatch): boolean;
  /** The thread in this place has answered, or is no more. */
  release(place: number): void;
  /** When all threads have ended. */
  dispose(): void;
}

/** Every thread compiles; the tensors are copied into shared memory once, batches one by one. */
export function copiedWork(model: BoundGraph, options: CompileOptions): PoolWork {
  return {
    task: { type: 'compile', model: { graph: model.graph, tensors: shareTensors(model.tensors) }, options },
    request({ rows, height, width, data }) {
      // Not `data.slice()`: of a Node Buffer that would be no copy.
      const copy = new Uint8Array(data);
      return { request: { type: 'batch', batch: { rows, height, width, data: copy } }, transfer: [copy.buffer] };
    },
    mayQueue: () => true,
    release() {},
    dispose() {},
  };
}

export function sharedWork(program: SharedProgram): PoolWork {
  return {
    task: { type: 'join', invitation: program.invitation },
    request: (batch, place) => ({ request: { type: 'job', job: program.prepare(batch, place) }, transfer: [] }),
    mayQueue: (batch) => program.isSmall(batch),
    release: (place) => program.release(place),
    dispose: () => program.dispose(),
  };
}
