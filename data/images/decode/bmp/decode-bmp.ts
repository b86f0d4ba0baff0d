import type { Bytes } from '#platform';
import { type FileFormat, type ImagePlace, type Raster, type RasterRequest, truncated } from '../image-format.js';
import { ByteReader, indexedRaster, unpackBits } from '../shared.js';
import { type BmpHeader, type BmpLayout, bmpHeader } from './bmp-header.js';

export const bmp: FileFormat<BmpHeader> = {
  name: 'BMP',
  extensions: ['.bmp', '.dib'],
  isThis: (start) => start.startsWith('BM'),
  header: bmpHeader,
  decode: decodeBmp,
};

function decodeBmp(bytes: Bytes, header: BmpHeader, place: ImagePlace, request: RasterRequest): Raster {
  const { width, height, palette, layout } = header;
  if (header.compression !== 'none') {
    const indices = topFirst(runLengthIndices(bytes, header, place), header);
    return indexedRaster({ width, height, indices, palette, transparent: null }, false);
  }
  const rows = rawRows(bytes, header, { place, allowTruncated: request.allowTruncated });
  if (layout !== null) return direct(rows, header, { layout, alpha: request.alpha });
  return indexedRaster({ width, height, indices: indicesOf(rows, header), palette, transparent: null }, false);
}

/** The rows of the file from the top of the image down; those that a cut file lacks are null. */
function rawRows(
  bytes: Bytes,
  { width, height, bits, topDown, start }: BmpHeader,
  { place, allowTruncated }: { place: ImagePlace; allowTruncated: boolean },
): (Bytes | null)[] {
  const stride = 4 * Math.ceil((width * bits) / 32);
  const rowBytes = Math.ceil((width * bits) / 8);
  const there = Math.max(0, Math.min(height, Math.floor((bytes.length - start + stride - rowBytes) / stride)));
  if (there < height && !allowTruncated) {
    throw truncated(place, `${there.toLocaleString('en')} of ${height.toLocaleString('en')} rows`);
  }
  const rows = Array.from({ length: height }, (_, y) => {
    return y < there ? bytes.subarray(start + y * stride, start + y * stride + rowBytes) : null;
  });
  return topDown ? rows : rows.reverse();
}

function indicesOf(rows: readonly (Bytes | null)[], { width, height, bits }: BmpHeader): Uint8Array {
  const indices = new Uint8Array(width * height);
  rows.forEach((row, y) => {
    if (row === null) return;
    if (bits === 8) indices.set(row, y * width);
    else unpackBits(row, indices.subarray(y * width, (y + 1) * width), bits);
  });
  return indices;
}

function direct(
  rows: readonly (Bytes | null)[],
  { width, height, bits }: BmpHeader,
  { layout, alpha: wantsAlpha }: { layout: BmpLayout; alpha: boolean },
): Raster {
  const data = new Uint8Array(3 * width * height);
  if (typeof layout === 'number') {
    rows.forEach((row, y) => {
      if (row !== null) shortPixels(row, data.subarray(3 * y * width, 3 * (y + 1) * width), layout);
    });
    return { width, height, data, alpha: null };
  }
  const hasAlpha = wantsAlpha && layout.alpha !== null;
  const alpha = hasAlpha ? new Uint8Array(width * height) : null;
  const step = bits / 8;
  rows.forEach((row, y) => {
    if (row === null) return;
    for (let x = 0, from = 0, pixel = y * width; x < width; x++, from += step, pixel++) {
      data[3 * pixel] = row[from + layout.red]!;
      data[3 * pixel + 1] = row[from + layout.green]!;
      data[3 * pixel + 2] = row[from + layout.blue]!;
      if (alpha !== null) alpha[pixel] = row[from + layout.alpha!]!;
    }
  });
  return { width, height, data, alpha };
}

/** Five bits a colour, or six for green. Divisions round down, as in Pillow's `ImagingUnpackBGR15` and `BGR16`. */
function shortPixels(row: Bytes, data: Uint8Array, layout: 15 | 16): void {
  const greenBits = layout === 16 ? 6 : 5;
  const [most, mostGreen] = [31, 2 ** greenBits - 1];
  for (let at = 0, to = 0; to < data.length; at += 2, to += 3) {
    const pixel = row.readUInt16LE(at);
    data[to] = (((pixel >> (5 + greenBits)) & most) * 255) / most;
    data[to + 1] = (((pixel >> 5) & mostGreen) * 255) / mostGreen;
    data[to + 2] = ((pixel & most) * 255) / most;
  }
}

function topFirst(indices: Uint8Array, { width, height, topDown }: BmpHeader): Uint8Array {
  if (topDown) return indices;
  const turned = new Uint8Array(indices.length);
  for (let y = 0; y < height; y++) turned.set(indices.subarray(y * width, (y + 1) * width), (height - 1 - y) * width);
  return turned;
}

const END_OF_LINE = 0;
const END_OF_IMAGE = 1;
const DELTA = 2;

/** `[height, width]`, in the file's order, as Pillow's `BmpRleDecoder`. @throws DataError `IMAGE_TRUNCATED` */
function runLengthIndices(bytes: Bytes, header: BmpHeader, place: ImagePlace): Uint8Array {
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
  readonly #nibbles: boolean;
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

function nibble(byte: number, i: number): number {
  return i % 2 === 0 ? byte >> 4 : byte & 15;
}
