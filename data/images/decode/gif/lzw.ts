/** The codes of a GIF image (Appendix F of the GIF89a specification): LZW in blocks, lowest bit first. */
import type { Bytes } from '#platform';
import { broken, type ImagePlace, truncated } from '../image-format.js';
import { ByteReader } from '../shared.js';

const MOST_BITS = 12;
const MOST_CODES = 2 ** MOST_BITS;

/** Strings of pixels by code. A string is that of `link[code]` and the pixel `last[code]`. */
interface Table {
  link: Uint16Array;
  last: Uint8Array;
  first: Uint8Array;
  length: Uint16Array;
}

/**
 * Reads `count` pixels; `codeBits` (1 to 8) are those of the smallest code.
 * @throws DataError `IMAGE_TRUNCATED` for fewer pixels, `IMAGE_BROKEN` for a code that has no meaning
 */
export function lzwPixels(
  bytes: Bytes,
  { at, codeBits, count, place }: { at: number; codeBits: number; count: number; place: ImagePlace },
): Uint8Array {
  const codes = new CodeReader(bytes, at);
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
      throw truncated(place, `${filled.toLocaleString('en')} of ${count.toLocaleString('en')} pixels`);
    }
    if (code > (previous === -1 ? clear : next) || code >= MOST_CODES) throw broken(place, `code ${code} of ${next}`);
    if (previous !== -1 && next < MOST_CODES) {
      add(table, { code: next, previous, last: table.first[code === next ? previous : code]! });
      if (next === 2 ** bits - 1 && bits < MOST_BITS) bits++;
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

/** Codes of a changing number of bits, from blocks that begin with their length. */
class CodeReader {
  readonly #reader: ByteReader;
  #buffer = 0;
  #bits = 0;
  #left = 0;

  constructor(bytes: Bytes, at: number) {
    this.#reader = new ByteReader(bytes, at);
  }

  /** -1 where the blocks end, or the file does. */
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
