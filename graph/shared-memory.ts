/** Tensors in memory that all threads read: one copy of the weights for any number of workers. */
import type { Tensor } from '../weights/index.js';

/**
 * Whether threads may share memory. Not in a page without the headers of cross-origin isolation, and not with
 * `--no-harmony-sharedarraybuffer`: every thread then gets a copy. WebAssembly may have a shared memory even so
 * (`hasSharedMemory`), which then stays in its thread.
 */
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
  if (!canShareMemory() || isShared(bytes)) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** Copies the tensors to shared memory, unless they are there already. Without shared memory, they stay unchanged. */
export function shareTensors(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  if (!canShareMemory()) return new Map(tensors);
  return new Map([...tensors].map(([name, tensor]) => [name, isShared(tensor.data) ? tensor : share(tensor)]));
}

function isShared({ buffer }: ArrayBufferView): boolean {
  return canShareMemory() && buffer instanceof SharedArrayBuffer;
}

function share({ shape, data }: Tensor): Tensor {
  const copy = sharedFloats(data.length);
  copy.set(data);
  return { shape, data: copy };
}
