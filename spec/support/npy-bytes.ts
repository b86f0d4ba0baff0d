/** Builds npy and npz files by hand, so they can be wrong. */
import { type Zippable, zipSync } from 'fflate';
import { encodeNpyHeader } from '../../data/index.js';
import { written } from './places.js';

export interface HeaderParts {
  version?: number;
  /** Written instead of the length of `dictionary`. */
  length?: number;
}

export function rawHeader(dictionary: string, { version = 1, length }: HeaderParts = {}): Uint8Array {
  const text = Buffer.from(`${dictionary}\n`, 'utf8');
  const prefix = Buffer.alloc(version === 1 ? 10 : 12);
  prefix.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  if (version === 1) prefix.writeUInt16LE(length ?? text.length, 8);
  else prefix.writeUInt32LE(length ?? text.length, 8);
  return Buffer.concat([prefix, text]);
}

export function npyBytes(descr: string, shape: readonly number[], data: ArrayBufferView): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([encodeNpyHeader(descr, shape), bytes]);
}

export function writeTemporary(bytes: Uint8Array, name = 'x.npz'): string {
  return written(name, bytes);
}

export function writeNpz(arrays: Record<string, Uint8Array>, level: 0 | 6 = 0): string {
  const members: Zippable = {};
  for (const [name, bytes] of Object.entries(arrays)) members[`${name}.npy`] = [bytes, { level }];
  return writeTemporary(zipSync(members));
}
