/** Copies tensors into one block of shared memory, so that any number of threads reads the same bytes. */
import type { Tensor } from '../../weights/index.js';

export function shareTensors(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  let values = 0;
  for (const { data } of tensors.values()) values += data.length;
  const block = new Float32Array(new SharedArrayBuffer(values * Float32Array.BYTES_PER_ELEMENT));
  const shared = new Map<string, Tensor>();
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const view = block.subarray(offset, offset + data.length);
    view.set(data);
    shared.set(name, { shape, data: view });
    offset += data.length;
  }
  return shared;
}
