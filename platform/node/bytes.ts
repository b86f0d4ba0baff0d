/** Bytes as text, packed, and their hashes, by Node's own code. */
import { createHash, hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Bytes, Sha256 } from '../platform.js';

export function sha256(): Sha256 {
  return createHash('sha256');
}

/** In lower-case hex. */
export function sha256Of(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

export function concat(parts: readonly Uint8Array[]): Bytes {
  return Buffer.concat(parts);
}

/** A view of the same memory. */
export function bytesOf(bytes: Uint8Array): Bytes {
  return view(bytes);
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Zeros. */
export function newBytes(length: number): Bytes {
  return Buffer.alloc(length);
}

/** Not zeroed. */
export function roomFor(length: number): Bytes {
  return Buffer.allocUnsafe(length);
}

export function bytesOfText(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): Bytes {
  return Buffer.from(text, encoding);
}

/** Turns the bytes of each number around, in place. */
export function swapItems(bytes: Uint8Array, itemBytes: number): void {
  if (itemBytes === 2) view(bytes).swap16();
  else if (itemBytes === 4) view(bytes).swap32();
  else if (itemBytes === 8) view(bytes).swap64();
}

export function base64(bytes: Uint8Array): string {
  return view(bytes).toString('base64');
}

/** For packages that make a Buffer of a list of bytes. */
export function withBuffer<T>(work: () => T): T {
  return work();
}

/** Whether two values are equal in all their parts. */
export function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}

/** Skips what is not base64. */
export function fromBase64(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}

/** A character for each byte. */
export function latin1(bytes: Uint8Array): string {
  return view(bytes).toString('latin1');
}

/** UTF-8; what is not is replaced, and a byte order mark is kept. */
export function utf8(bytes: Uint8Array): string {
  return view(bytes).toString('utf8');
}
