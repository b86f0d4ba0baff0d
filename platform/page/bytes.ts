/** Bytes as text, by plain JavaScript. */
import type { Bytes } from '../platform.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Character → six bits; the last two are those of URLs. */
const SIX_BITS = new Map([...ALPHABET, '-', '_'].map((character, i) => [character.charCodeAt(0), i < 64 ? i : i - 2]));
/** Characters that one call makes: arguments are on the stack. */
const AT_ONCE = 8192;

class PageBytes extends Uint8Array implements Bytes {
  get #view(): DataView {
    return new DataView(this.buffer, this.byteOffset, this.byteLength);
  }

  readUInt16LE(at = 0): number {
    return this.#view.getUint16(at, true);
  }

  readUInt16BE(at = 0): number {
    return this.#view.getUint16(at);
  }

  readUInt32LE(at = 0): number {
    return this.#view.getUint32(at, true);
  }

  readUInt32BE(at = 0): number {
    return this.#view.getUint32(at);
  }

  readUIntLE(at: number, bytes: number): number {
    if (at < 0 || at + bytes > this.length) throw new RangeError(`${bytes} bytes at ${at} of ${this.length}`);
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + this[at + i]!;
    return value;
  }

  writeUInt32LE(value: number, at = 0): number {
    this.#view.setUint32(at, value, true);
    return at + 4;
  }

  writeUInt32BE(value: number, at = 0): number {
    this.#view.setUint32(at, value);
    return at + 4;
  }

  write(text: string, at: number, encoding: 'utf8' | 'latin1'): number {
    if (encoding === 'utf8') return new TextEncoder().encodeInto(text, this.subarray(at)).written;
    const bytes = bytesOfText(text, encoding).subarray(0, this.length - at);
    this.set(bytes, at);
    return bytes.length;
  }

  override toString(encoding: 'utf8' | 'latin1' | 'hex' = 'utf8', from = 0, to = this.length): string {
    const part = this.subarray(from, to);
    if (encoding === 'utf8') return utf8(part);
    return encoding === 'latin1'
      ? latin1(part)
      : Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  override subarray(from?: number, to?: number): PageBytes {
    return super.subarray(from, to) as PageBytes;
  }
}

/** A view of the same memory. */
export function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Bytes {
  return new PageBytes(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Zeros. */
export function newBytes(length: number): Bytes {
  return new PageBytes(length);
}

export const roomFor = newBytes;

export function bytesOfText(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): Bytes {
  if (encoding === 'utf8') return bytesOf(new TextEncoder().encode(text));
  const bytes = new PageBytes(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function concat(parts: readonly Uint8Array[]): Bytes {
  const all = new PageBytes(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += AT_ONCE) text += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  return text;
}

/** Decoders refuse memory that is shared. */
export function utf8(bytes: Uint8Array): string {
  const own = bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(own);
}

export function base64(bytes: Uint8Array): string {
  // `btoa` takes a character for each byte. Parts of a multiple of three bytes need no padding between them.
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 3 * AT_ONCE) parts.push(btoa(latin1(bytes.subarray(at, at + 3 * AT_ONCE))));
  return parts.join('');
}

export function fromBase64(text: string): Uint8Array {
  const bytes = new PageBytes(Math.ceil((text.length * 3) / 4));
  let [bits, held, at] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const six = SIX_BITS.get(text.charCodeAt(i));
    if (six === undefined) continue;
    bits = ((bits << 6) | six) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at++] = bits >> held;
  }
  return bytes.subarray(0, at);
}

export function swapItems(bytes: Uint8Array, itemBytes: number): void {
  if (itemBytes > 1) for (let at = 0; at < bytes.length; at += itemBytes) bytes.subarray(at, at + itemBytes).reverse();
}

/** Only meanwhile: packages that look for a Buffer take a page for Node. */
export function withBuffer<T>(work: () => T): T {
  const scope = globalThis as unknown as { Buffer?: { from(list: readonly number[]): Uint8Array } };
  const before = scope.Buffer;
  scope.Buffer = { from: (list) => PageBytes.from(list) };
  try {
    return work();
  } finally {
    if (before === undefined) delete scope.Buffer;
    else scope.Buffer = before;
  }
}

export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Map && b instanceof Map) return isSame([...a], [...b]);
  if (a instanceof Set && b instanceof Set) return isSame([...a], [...b]);
  if (ArrayBuffer.isView(a)) return isSameList(a as Uint8Array, b as Uint8Array);
  const [names, others] = [Object.keys(a), Object.keys(b)];
  return (
    names.length === others.length &&
    names.every((name) => Object.hasOwn(b, name) && isSame(a[name as never], b[name as never]))
  );
}

function isSameList(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
