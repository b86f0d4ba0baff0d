/**
 * PNG files to RGB, as Pillow decodes them; of animated ones the first image. Its rows are inflated, and their
 * filters undone, in the order and at the places of Adam7 if interlaced. Colours follow the rules of Pillow's
 * `convert('RGB')` and `convert('RGBA')`.
 */
import type { Bytes } from '#platform';
import { ranged } from '../../depth.js';
import {
  broken,
  type FileFormat,
  type ImagePlace,
  inflatedPixels,
  type Raster,
  type RasterRequest,
  truncated,
  unsupported,
} from '../image-format.js';
import { indexedRaster, rasterOf, type Samples, unpackBits } from '../shared.js';
import { channelsOf, imageData, type PngHeader, pngHeader } from './png-header.js';

export const png: FileFormat<PngHeader> = {
  name: 'PNG',
  extensions: ['.png', '.apng'],
  isThis: (start) => start.startsWith('\x89PNG\r\n\x1a\n'),
  header: pngHeader,
  decode: decodePng,
};

function decodePng(
  bytes: Bytes,
  header: PngHeader,
  place: ImagePlace,
  { alpha, allowTruncated, range }: RasterRequest,
): Raster {
  const rows = inflateRows(imageData(bytes, header.firstData).data, header, { place, allowTruncated });
  const { width, height } = header;
  const channels = channelsOf(header);
  const count = width * height * channels;
  if (range === undefined) {
    const samplesOf = (row: Uint8Array, columns: number) => samplesAsBytes(row, header, columns);
    const data = laidOut(rows, header, place, new Uint8Array(count), samplesOf);
    return pngRaster({ width, height, channels, data }, header, alpha, place);
  }
  const values = laidOut(rows, header, place, new Uint16Array(count), bigEndian);
  const { levels, cutOff } = ranged(values, range, channels, channels < 3 ? 1 : 3);
  return { ...pngRaster({ width, height, channels, data: levels }, header, alpha, place), cutOff };
}

/** Fills `data` with the samples of all rows. @param rows as they are filtered @param samplesOf those of one, of so many columns */
function laidOut<Values extends Uint8Array | Uint16Array>(
  rows: Uint8Array,
  header: PngHeader,
  place: ImagePlace,
  data: Values,
  samplesOf: (row: Uint8Array, columns: number) => Uint8Array | Uint16Array,
): Values {
  const channels = channelsOf(header);
  const distance = Math.max(1, (header.depth * channels) >> 3);
  let at = 0;
  for (const pass of passesOf(header)) {
    const bytesOfRow = rowBytes(header, pass);
    const whole = undoFilters(rows, { at, height: pass.height, bytes: bytesOfRow, distance }, place);
    for (let row = 0; row < whole; row++, at += bytesOfRow + 1) {
      const samples = samplesOf(rows.subarray(at + 1, at + 1 + bytesOfRow), pass.width);
      const to = ((pass.y + row * pass.dy) * header.width + pass.x) * channels;
      if (pass.dx === 1) data.set(samples, to);
      else for (let i = 0; i < samples.length; i++) data[to + spread(i, channels, pass.dx)] = samples[i]!;
    }
  }
  return data;
}

function bigEndian(row: Uint8Array): Uint16Array {
  const values = new Uint16Array(row.length / 2);
  for (let i = 0; i < values.length; i++) values[i] = (row[2 * i]! << 8) | row[2 * i + 1]!;
  return values;
}

/**
 * The samples of a row as bytes. Of 16 bits, Pillow keeps the upper 8, but of 16-bit gray it keeps the value up to 255.
 * Gray of less than 8 bits is spread over 0 to 255.
 */
function samplesAsBytes(row: Uint8Array, header: PngHeader, width: number): Uint8Array {
  const { depth, colour } = header;
  if (depth === 8) return row;
  const samples = new Uint8Array(width * channelsOf(header));
  if (depth < 8) {
    const scale = colour === 'gray' ? 255 / (2 ** depth - 1) : 1;
    return unpackBits(row, samples, depth).map((value) => scale * value);
  }
  for (let i = 0; i < samples.length; i++) {
    const high = row[2 * i]!;
    if (colour !== 'gray') samples[i] = high;
    else samples[i] = high > 0 ? 255 : row[2 * i + 1]!;
  }
  return samples;
}

function pngRaster(samples: Samples, header: PngHeader, withAlpha: boolean, place: ImagePlace): Raster {
  const { colour, palette } = header;
  const { width, height, data: indices } = samples;
  if (colour === 'palette' && palette === null) throw broken(place, 'palette samples without a palette');
  const raster =
    colour === 'palette'
      ? indexedRaster({ width, height, indices, palette, transparent: null }, false)
      : rasterOf(samples, withAlpha);
  if (!withAlpha || raster.alpha !== null || header.transparency === null) return raster;
  return { ...raster, alpha: alphaOf(samples, header, header.transparency, place) };
}

/** By the tRNS chunk: of each colour of a palette, or of one colour. Pillow compares that with 8-bit pixels, whatever the depth in the file. */
function alphaOf(
  { channels, data }: Samples,
  { colour, depth }: PngHeader,
  transparency: Bytes,
  place: ImagePlace,
): Uint8Array {
  if (colour === 'palette') return data.map((index) => transparency[index] ?? 255);
  if (depth !== 8) throw unsupported(place, `a transparent colour with ${depth} bits a sample`);
  if (transparency.length < 2 * channels) throw broken(place, `a tRNS chunk of ${transparency.length} bytes`);
  const clear = Array.from({ length: channels }, (_, c) => transparency.readUInt16BE(2 * c));
  return Uint8Array.from({ length: data.length / channels }, (_, pixel) =>
    clear.every((value, c) => data[pixel * channels + c] === value) ? 0 : 255,
  );
}

function spread(i: number, channels: number, step: number): number {
  return Math.floor(i / channels) * channels * step + (i % channels);
}

/** A part of an image whose rows follow each other in the file: the whole image, or one of Adam7's seven passes. */
export interface PngPass {
  x: number;
  y: number;
  dx: number;
  dy: number;
  width: number;
  height: number;
}

const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function passesOf({ width, height, interlaced }: PngHeader): PngPass[] {
  if (!interlaced) return [{ x: 0, y: 0, dx: 1, dy: 1, width, height }];
  const passes = ADAM7.map(([x, y, dx, dy]) => ({
    ...{ x, y, dx, dy },
    width: Math.ceil((width - x) / dx),
    height: Math.ceil((height - y) / dy),
  }));
  return passes.filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Bytes of a row, without the byte that names its filter. */
export function rowBytes(header: PngHeader, pass: PngPass): number {
  return Math.ceil((pass.width * header.depth * channelsOf(header)) / 8);
}

/** Checks the checksum, and inflates at most what the header promises. @param allowTruncated returns what there is */
function inflateRows(
  data: Uint8Array,
  header: PngHeader,
  { place, allowTruncated }: { place: ImagePlace; allowTruncated: boolean },
): Uint8Array {
  const expected = passesOf(header).reduce((sum, pass) => sum + pass.height * (1 + rowBytes(header, pass)), 0);
  const rows = inflatedPixels(data, expected, place, allowTruncated);
  if (rows.length < expected && !allowTruncated) {
    throw truncated(place, `${told(rows.length)} bytes of pixels, ${told(expected)} promised by the header`);
  }
  return rows;
}

const told = (bytes: number) => bytes.toLocaleString('en');

/**
 * Undoes a pass's filters, in place; each row begins with its filter's byte.
 * @param at where the pass begins @param distance bytes to the predicting byte on the left @returns whole rows
 */
function undoFilters(
  rows: Uint8Array,
  { at, height, bytes, distance }: { at: number; height: number; bytes: number; distance: number },
  place: ImagePlace,
): number {
  const whole = Math.min(height, Math.floor((rows.length - at) / (bytes + 1)));
  let above: Uint8Array = new Uint8Array(bytes);
  for (let y = 0, start = at; y < whole; y++, start += bytes + 1) {
    const row = rows.subarray(start + 1, start + 1 + bytes);
    const undo = UNDO[rows[start]!];
    if (undo === undefined) throw broken(place, `row ${y} has filter ${rows[start]}, not 0 to 4`);
    undo(row, above, distance);
    above = row;
  }
  return whole;
}

type Undo = (row: Uint8Array, above: Uint8Array, distance: number) => void;

/** None, Sub, Up, Average, Paeth: https://www.w3.org/TR/png-3/#9Filters */
const UNDO: readonly Undo[] = [
  () => {},
  (row, _above, distance) => {
    for (let i = distance; i < row.length; i++) row[i] = row[i]! + row[i - distance]!;
  },
  (row, above) => {
    for (let i = 0; i < row.length; i++) row[i] = row[i]! + above[i]!;
  },
  (row, above, distance) => {
    const first = Math.min(distance, row.length);
    for (let i = 0; i < first; i++) row[i] = row[i]! + (above[i]! >> 1);
    for (let i = distance; i < row.length; i++) row[i] = row[i]! + ((row[i - distance]! + above[i]!) >> 1);
  },
  (row, above, distance) => {
    const first = Math.min(distance, row.length);
    for (let i = 0; i < first; i++) row[i] = row[i]! + above[i]!;
    for (let i = distance; i < row.length; i++) {
      row[i] = row[i]! + paeth(row[i - distance]!, above[i]!, above[i - distance]!);
    }
  },
];

/** The one of three neighbours that is nearest to `left + up - corner`: https://www.w3.org/TR/png-3/#9Filter-type-4-Paeth */
export function paeth(left: number, up: number, corner: number): number {
  const [byLeft, byUp, byCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}
