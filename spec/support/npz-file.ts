/** Writes small npz files as NumPy does, and reads arrays whole. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { encodeNpyHeader, type NpyArray, NpzFile } from '../../data/index.js';
import { packageRoot } from './places.js';

export interface NpzArray {
  descr: string;
  shape: readonly number[];
  values: ArrayBufferView;
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

export interface WholeArray {
  shape: readonly number[];
  values: ArrayLike<number>;
}

export function readWholeArray(path: string, name: string): Promise<WholeArray> {
  return withArray(path, name, async (array) => {
    const { shape } = array.header;
    for await (const { values } of array.rows(shape[0]!)) return { shape, values: values as ArrayLike<number> };
    throw new Error(`${path} ${name}: no rows`);
  });
}

/** Images `from` up to `to` of a Fashion-MNIST sample of the package, `[rows, 32, 32]`, with their labels. */
export async function sampleImages(name: 'reference' | 'production', from: number, to: number) {
  const path = join(packageRoot, 'samples', 'fashion-mnist', `${name}.npz`);
  const [images, labels] = [await readWholeArray(path, 'arr_0'), await readWholeArray(path, 'arr_1')];
  const pixels = Uint8Array.from(images.values).slice(from * 32 * 32, to * 32 * 32);
  return { pixels, labels: BigInt64Array.from(Array.from(labels.values).slice(from, to), BigInt) };
}

/** Gray images of 32 × 32 as a file, with or without labels. */
export function writeGray(path: string, pixels: Uint8Array, labels?: BigInt64Array): void {
  const rows = pixels.length / 32 / 32;
  writeNpz(path, {
    arr_0: { descr: '|u1', shape: [rows, 32, 32], values: pixels },
    ...(labels && { arr_1: { descr: '<i8', shape: [rows], values: labels } }),
  });
}

/** All elements of one array of a file, by default the first one, in C order. @param size rows that are read at once */
export function readWhole(path: string, name?: string, size = 2): Promise<(number | string)[]> {
  return withArray(path, name, async (array) => {
    const all: (number | string)[] = [];
    for await (const { values } of array.rows(size)) for (const value of values) all.push(value);
    return all;
  });
}

export async function readNpy(path: string): Promise<Float64Array> {
  return Float64Array.from(await readWhole(path, undefined, 64), Number);
}

async function withArray<T>(path: string, name: string | undefined, read: (array: NpyArray) => Promise<T>): Promise<T> {
  const file = await NpzFile.open(path);
  try {
    return await read(await file.array(name ?? file.names[0]!));
  } finally {
    await file.close();
  }
}

/** The float32 array `name` of an npz, `[rows, columns]` in C order. */
export function readNpzMatrix(path: string, name: string): { rows: number; columns: number; data: Float32Array } {
  const npy = Buffer.from(unzipSync(readFileSync(path))[`${name}.npy`]!);
  const start = 10 + npy.readUInt16LE(8);
  const header = npy.toString('latin1', 10, start);
  const shape = /'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\)/.exec(header);
  if (shape === null) throw new Error(`not a two-dimensional float32 array: ${header}`);
  const [rows, columns] = [Number(shape[1]), Number(shape[2])];
  return { rows, columns, data: new Float32Array(Uint8Array.from(npy.subarray(start)).buffer, 0, rows * columns) };
}
