/** Tensors in memory that all threads read: one copy of the weights for any number of workers. */
import type { Tensor } from '../weights/index.js';

/** Node can be started without shared memory (`--no-harmony-sharedarraybuffer`). Every thread then gets a copy. */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined';
}

/** Zeros that `postMessage` passes by reference, or by copy where memory cannot be shared. */
export function sharedFloats(length: number): Float32Array {
  if (!canShareMemory()) return new Float32Array(length);
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}

/** The same bytes in memory that `postMessage` passes by reference, or the given ones where memory cannot be shared. */
export function sharedBytes(bytes: Uint8Array): Uint8Array {
  if (!canShareMemory() || bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** Copies the tensors to shared memory, unless they are there already. Without shared memory, they stay unchanged. */
export function shareTensors(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  if (!canShareMemory()) return new Map(tensors);
  return new Map([...tensors].map(([name, tensor]) => [name, isShared(tensor) ? tensor : share(tensor)]));
}

function isShared({ data }: Tensor): boolean {
  return data.buffer instanceof SharedArrayBuffer;
}

function share({ shape, data }: Tensor): Tensor {
  const copy = sharedFloats(data.length);
  copy.set(data);
  return { shape, data: copy };
}
