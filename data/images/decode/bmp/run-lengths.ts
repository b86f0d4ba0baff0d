/** BMP's run lengths, read as Pillow's `BmpRleDecoder` reads them. */

import { type ImagePlace, truncated } from '../image-format.js';
import { ByteReader } from '../shared.js';
import type { BmpHeader } from './bmp-header.js';

const END_OF_LINE = 0;
const END_OF_IMAGE = 1;
const DELTA = 2;

/** @returns `[height, width]`, rows in the order of the file. @throws DataError `IMAGE_TRUNCATED` */
export function runLengthIndices(bytes: Buffer, header: BmpHeader, place: ImagePlace): Uint8Array {
  const { width, height, compression, start } = header;
  const runs = new RunLengths(new ByteReader(bytes, start), { width, height, nibbles: compression === 'rle4' });
  runs.readAll();
  if (runs.filled < width * height) {
    throw truncated(place, `${runs.filled.toLocaleString('en')} of ${(width * height).toLocaleString('en')} pixels`);
  }
  return runs.indices;
}

class RunLengths {
  readonly indices: Uint8Array;
  filled = 0;
  readonly #reader: ByteReader;
  readonly #width: number;
  /** Two pixels a byte. */
  readonly #nibbles: boolean;
  /** Pixels of the row so far, as Pillow counts them. */
  #x = 0;

  constructor(reader: ByteReader, { width, height, nibbles }: { width: number; height: number; nibbles: boolean }) {
    this.#reader = reader;
    this.#width = width;
    this.#nibbles = nibbles;
    this.indices = new Uint8Array(width * height);
  }

  readAll(): void {
    while (this.filled < this.indices.length) {
      const [count, value] = [this.#reader.byte(), this.#reader.byte()];
      if (value === -1) return;
      if (count > 0) this.#run(count, value);
      else if (value === END_OF_LINE) this.#endLine();
      else if (value === END_OF_IMAGE) return;
      else if (!(value === DELTA ? this.#skip() : this.#literal(value))) return;
    }
  }

  /** A run does not go past the end of its row. */
  #run(count: number, value: number): void {
    const pixels = Math.min(count, Math.max(0, this.#width - this.#x));
    for (let i = 0; i < pixels; i++) this.#put(this.#nibbles ? nibble(value, i) : value);
    this.#x += pixels;
  }

  #endLine(): void {
    while (this.filled % this.#width !== 0) this.filled++;
    this.#x = 0;
  }

  #skip(): boolean {
    const [right, up] = [this.#reader.byte(), this.#reader.byte()];
    if (up === -1) return false;
    this.filled = Math.min(this.indices.length, this.filled + right + up * this.#width);
    this.#x = this.filled % this.#width;
    return true;
  }

  /** @returns whether the image goes on */
  #literal(value: number): boolean {
    const count = Math.min(this.indices.length - this.filled, value);
    const bytes = this.#nibbles ? Math.ceil(count / 2) : count;
    const data = this.#reader.read(bytes);
    for (let i = 0; i < count && (this.#nibbles ? i >> 1 : i) < data.length; i++) {
      this.#put(this.#nibbles ? nibble(data[i >> 1]!, i) : data[i]!);
    }
    if (data.length < bytes || this.filled === this.indices.length) return false;
    this.#x += value;
    if (this.#reader.at % 2 !== 0) this.#reader.at++;
    return true;
  }

  /** Past the end, pixels are dropped. */
  #put(index: number): void {
    this.indices[this.filled++] = index;
  }
}

/** The high half of a byte comes first. */
function nibble(byte: number, i: number): number {
  return i % 2 === 0 ? byte >> 4 : byte & 15;
}
