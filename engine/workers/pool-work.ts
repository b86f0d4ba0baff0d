/**
 * The work of a pool's threads: each compiles a program of its own, or all compute jobs in a memory that they share.
 */

import { type BoundGraph, sharedBytes, shareTensors } from '../../graph/index.js';
import type { BatchSize, CompileOptions, ImageBatch, SharedProgram } from '../contract/backend.js';
import type { WorkerRequest, WorkerTask } from './messages.js';

export interface PoolWork {
  /** The first message to every thread. */
  readonly task: WorkerTask;
  /** The request for the thread in this place. The caller keeps the batch. */
  request(batch: ImageBatch, place: number): { request: WorkerRequest; transfer: ArrayBuffer[] };
  /** Prepares for batches of this size before there is one. Throws what a request for one would throw. */
  layOut(batch: BatchSize): void;
  /** Whether a thread may get such a batch, in another place, while it still computes one. */
  mayQueue(batch: ImageBatch): boolean;
  /** Reports that the thread in this place has answered or ended. */
  release(place: number): void;
  /** Frees the memory. All threads must have ended. */
  dispose(): void;
}

/** Every thread compiles. The tensors are copied into shared memory once; batches are copied one by one. */
export function copiedWork(model: BoundGraph, options: CompileOptions): PoolWork {
  const { graph, tensors, file } = model;
  const shared = {
    graph,
    tensors: shareTensors(tensors),
    ...(file === undefined ? {} : { file: { ...file, bytes: sharedBytes(file.bytes) } }),
  };
  return {
    task: { type: 'compile', model: shared, options },
    request({ rows, height, width, data }) {
      // Not `data.slice()`, which does not copy a Node Buffer.
      const copy = new Uint8Array(data);
      return { request: { type: 'batch', batch: { rows, height, width, data: copy } }, transfer: [copy.buffer] };
    },
    layOut() {},
    mayQueue: () => true,
    release() {},
    dispose() {},
  };
}

export function sharedWork(program: SharedProgram): PoolWork {
  return {
    task: { type: 'join', invitation: program.invitation },
    request: (batch, place) => ({ request: { type: 'job', job: program.prepare(batch, place) }, transfer: [] }),
    layOut: (batch) => program.layOut(batch),
    mayQueue: (batch) => program.isSmall(batch),
    release: (place) => program.release(place),
    dispose: () => program.dispose(),
  };
}
