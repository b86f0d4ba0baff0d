/** Writes small npz files as NumPy does, for specs that need images. */
import { writeFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { encodeNpyHeader } from '../../data/index.js';

export interface NpzArray {
  descr: '|u1' | '<i8' | '<f4';
  shape: readonly number[];
  values: Uint8Array | BigInt64Array | Float32Array;
}

export function writeNpz(path: string, arrays: Record<string, NpzArray>): void {
  const members = Object.entries(arrays).map(([name, { descr, shape, values }]) => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return [`${name}.npy`, new Uint8Array(Buffer.concat([encodeNpyHeader(descr, shape), bytes]))] as const;
  });
  writeFileSync(path, zipSync(Object.fromEntries(members), { level: 0 }));
}

/** `[count, side, side, 3]` of noise; equal seeds give equal noise. */
export function pixels(count: number, side: number, seed = 1): Uint8Array {
  const values = new Uint8Array(count * side * side * 3);
  let state = seed;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state >>> 24;
  }
  return values;
}
