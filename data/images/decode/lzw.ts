/**
 * LZW as GIF has it (Appendix F of GIF89a), in blocks with the lowest bit first, and as TIFF does (TIFF 6.0, section
 * 13), with the highest bit first and codes that grow one code earlier.
 */
import type { Bytes } from '#platform';
import { broken, type ImagePlace, truncated } from './image-format.js';
import { ByteReader } from './shared.js';

const MOST_BITS = 12;
const MOST_CODES = 2 ** MOST_BITS;

/** Strings of pixels by code. A string is that of `link[code]` and the pixel `last[code]`. */
interface Table {
  link: Uint16Array;
  last: Uint8Array;
  first: Uint8Array;
  length: Uint16Array;
}

interface Wanted {
  /** Bits of the smallest code, 1 to 8. */
  codeBits: number;
  /** Bytes. */
  count: number;
  place: ImagePlace;
}

/**
 * Reads `count` pixels of a GIF, a byte each.
 * @throws DataError `IMAGE_TRUNCATED` for fewer, `IMAGE_BROKEN` for a code that has no meaning
 */
export function gifPixels(bytes: Bytes, at: number, wanted: Wanted): Uint8Array {
  return unpacked(new BlockCodes(bytes, at), wanted, 0);
}

/** `count` bytes of a TIFF's strip or tile. @throws as `gifPixels` */
export function tiffBytes(bytes: Uint8Array, wanted: Omit<Wanted, 'codeBits'>): Uint8Array {
  return unpacked(new StripCodes(bytes), { ...wanted, codeBits: 8 }, 1);
}

/** @param early by how many codes sooner they get another bit */
function unpacked(codes: Codes, { codeBits, count, place }: Wanted, early: 0 | 1): Uint8Array {
  const clear = 1 << codeBits;
  const end = clear + 1;
  const table = newTable(clear);
  const pixels = new Uint8Array(count);
  let [next, bits, previous] = [end + 1, codeBits + 1, -1];
  let filled = 0;
  while (filled < count) {
    const code = codes.next(bits);
    if (code === clear) {
      [next, bits, previous] = [end + 1, codeBits + 1, -1];
      continue;
    }
    if (code === -1 || code === end) {
      throw truncated(place, `${filled.toLocaleString('en')} of ${count.toLocaleString('en')} values`);
    }
    if (code > (previous === -1 ? clear : next) || code >= MOST_CODES) throw broken(place, `code ${code} of ${next}`);
    if (previous !== -1 && next < MOST_CODES) {
      add(table, { code: next, previous, last: table.first[code === next ? previous : code]! });
      if (next === 2 ** bits - 1 - early && bits < MOST_BITS) bits++;
      next++;
    } else if (previous !== -1 && code >= next) throw broken(place, `code ${code} of ${next}`);
    filled += write(table, code, pixels, filled);
    previous = code;
  }
  return pixels;
}

function newTable(clear: number): Table {
  const table = {
    link: new Uint16Array(MOST_CODES),
    last: new Uint8Array(MOST_CODES),
    first: new Uint8Array(MOST_CODES),
    length: new Uint16Array(MOST_CODES),
  };
  for (let code = 0; code < clear; code++) {
    table.last[code] = code;
    table.first[code] = code;
    table.length[code] = 1;
  }
  return table;
}

function add(table: Table, { code, previous, last }: { code: number; previous: number; last: number }): void {
  table.link[code] = previous;
  table.last[code] = last;
  table.first[code] = table.first[previous]!;
  table.length[code] = table.length[previous]! + 1;
}

/** Writes a string from its end; pixels past the end of the image are left out. @returns its length */
function write(table: Table, string: number, pixels: Uint8Array, from: number): number {
  const length = table.length[string]!;
  for (let to = from + length - 1, code = string; to >= from; to--, code = table.link[code]!) {
    pixels[to] = table.last[code]!;
  }
  return length;
}

/** Codes of a changing number of bits; -1 where there are no more. */
interface Codes {
  next(bits: number): number;
}

/** From blocks that begin with their length. */
class BlockCodes implements Codes {
  readonly #reader: ByteReader;
  #buffer = 0;
  #bits = 0;
  #left = 0;

  constructor(bytes: Bytes, at: number) {
    this.#reader = new ByteReader(bytes, at);
  }

  next(bits: number): number {
    while (this.#bits < bits) {
      if (this.#left === 0 && !this.#nextBlock()) return -1;
      this.#left--;
      this.#buffer |= this.#reader.byte() << this.#bits;
      this.#bits += 8;
    }
    const code = this.#buffer & ((1 << bits) - 1);
    this.#buffer >>>= bits;
    this.#bits -= bits;
    return code;
  }

  /** A block that the file has only a part of is not read, as in Pillow. */
  #nextBlock(): boolean {
    this.#left = this.#reader.byte();
    return this.#left > 0 && this.#reader.at + this.#left <= this.#reader.bytes.length;
  }
}

class StripCodes implements Codes {
  readonly #bytes: Uint8Array;
  #at = 0;
  #buffer = 0;
  #bits = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(bits: number): number {
    while (this.#bits < bits) {
      if (this.#at === this.#bytes.length) return -1;
      this.#buffer = ((this.#buffer << 8) | this.#bytes[this.#at++]!) & 0xffffff;
      this.#bits += 8;
    }
    this.#bits -= bits;
    return (this.#buffer >> this.#bits) & ((1 << bits) - 1);
  }
}
