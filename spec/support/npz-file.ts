/** Writes small npz files as NumPy does, for specs that need images. */
import { writeFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { encodeNpyHeader, NpzFile } from '../../data/index.js';

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

// Reads one whole array of an npz, for specs.

export interface WholeArray {
  shape: readonly number[];
  values: ArrayLike<number>;
}

export async function readWholeArray(path: string, name: string): Promise<WholeArray> {
  const file = await NpzFile.open(path);
  try {
    const array = await file.array(name);
    const { shape } = array.header;
    for await (const { values } of array.rows(shape[0]!)) return { shape, values: values as ArrayLike<number> };
    throw new Error(`${path} ${name}: no rows`);
  } finally {
    await file.close();
  }
}

// All values of a small `.npy` file.

export async function readNpy(path: string): Promise<Float64Array> {
  const file = await NpzFile.open(path);
  try {
    const array = await file.array(file.names[0]!);
    const values: number[] = [];
    for await (const { values: part } of array.rows(64)) for (const value of part) values.push(Number(value));
    await array.close();
    return Float64Array.from(values);
  } finally {
    await file.close();
  }
}
