/** BMP files to RGB, as Pillow decodes them. */
import { type FileFormat, type ImagePlace, type Raster, type RasterRequest, truncated } from '../image-format.js';
import { indexedRaster } from '../shared.js';
import { type BmpHeader, type BmpLayout, bmpHeader } from './bmp-header.js';
import { runLengthIndices } from './run-lengths.js';

export const bmp: FileFormat<BmpHeader> = {
  name: 'BMP',
  extensions: ['.bmp', '.dib'],
  isThis: (start) => start.startsWith('BM'),
  header: bmpHeader,
  decode: decodeBmp,
};

function decodeBmp(bytes: Buffer, header: BmpHeader, place: ImagePlace, request: RasterRequest): Raster {
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
  bytes: Buffer,
  { width, height, bits, topDown, start }: BmpHeader,
  { place, allowTruncated }: { place: ImagePlace; allowTruncated: boolean },
): (Buffer | null)[] {
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

function indicesOf(rows: readonly (Buffer | null)[], { width, height, bits }: BmpHeader): Uint8Array {
  const indices = new Uint8Array(width * height);
  rows.forEach((row, y) => {
    if (row === null) return;
    if (bits === 8) indices.set(row, y * width);
    else unpack(row, indices.subarray(y * width, (y + 1) * width), bits);
  });
  return indices;
}

/** Highest bits first. */
function unpack(row: Uint8Array, indices: Uint8Array, bits: number): void {
  const most = 2 ** bits - 1;
  for (let x = 0; x < indices.length; x++) {
    const bit = x * bits;
    indices[x] = (row[bit >> 3]! >> (8 - bits - (bit & 7))) & most;
  }
}

function direct(
  rows: readonly (Buffer | null)[],
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
function shortPixels(row: Buffer, data: Uint8Array, layout: 15 | 16): void {
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
