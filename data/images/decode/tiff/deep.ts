/** TIFF files of 16-bit gray or RGB: strips or tiles, in either byte order, not compressed, or by LZW, Deflate or PackBits. */
import type { Bytes } from '#platform';
import { type DepthRange, ranged } from '../../depth.js';
import { broken, type ImagePlace, inflatedPixels, type Raster, truncated, unsupported } from '../image-format.js';
import { tiffBytes } from '../lzw.js';
import { rasterOf } from '../shared.js';

/** Values by tag. */
export type Directory = ReadonlyMap<number, readonly number[]>;

export const TAGS = {
  ...{ width: 256, height: 257, bits: 258, compression: 259, photometric: 262, fillOrder: 266, orientation: 274 },
  ...{ stripOffsets: 273, samples: 277, stripRows: 278, stripBytes: 279, planes: 284, predictor: 317 },
  ...{ tileWidth: 322, tileHeight: 323, tileOffsets: 324, tileBytes: 325, extraSamples: 338, sampleFormat: 339 },
  xmp: 700,
} as const;

export function only(directory: Directory, tag: keyof typeof TAGS): number | undefined {
  return directory.get(TAGS[tag])?.[0];
}

const NONE = 1;
const LZW = 5;
const DEFLATE = new Set([8, 32946]);
const PACK_BITS = 32773;
const RGB = 2;
const DIFFERENCES = 2;
/** Pixels of a tile: larger ones than any program writes would only take memory. */
const MOST_OF_A_TILE = 2 ** 24;

/** @returns false where samples do not have 16 bits @throws DataError `IMAGE_UNSUPPORTED` for what is not read of 16 */
export function deepVariant(directory: Directory, place: ImagePlace): boolean {
  const bits = directory.get(TAGS.bits) ?? [1];
  if (!bits.every((count) => count === 16)) return false;
  const photometric = only(directory, 'photometric') ?? 0;
  const samples = only(directory, 'samples') ?? bits.length;
  const compression = only(directory, 'compression') ?? NONE;
  const predictor = only(directory, 'predictor') ?? 1;
  const formats = directory.get(TAGS.sampleFormat) ?? [1];
  const refusals: [isRefused: boolean, what: string][] = [
    [formats.some((format) => format !== 1), `samples of format ${formats.join(', ')}, not whole numbers from 0`],
    [photometric === 0, 'white is 0'],
    [photometric > RGB, `colours of kind ${photometric}`],
    [samples !== (photometric === RGB ? 3 : 1), `${samples} samples a pixel`],
    [only(directory, 'planes') === 2 && samples > 1, 'a plane for each colour'],
    [(only(directory, 'fillOrder') ?? 1) !== 1, 'the lowest bit first'],
    [![NONE, LZW, PACK_BITS].includes(compression) && !DEFLATE.has(compression), `compression ${compression}`],
    [predictor > DIFFERENCES, `predictor ${predictor}`],
  ];
  const refused = refusals.find(([isRefused]) => isRefused);
  if (refused !== undefined) throw unsupported(place, `16 bits a sample, ${refused[1]}`);
  return true;
}

/** A part of the image that is packed by itself: a strip, or a tile, which may reach past the right and the bottom. */
interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
  packed: Uint8Array;
}

interface Size {
  width: number;
  height: number;
}

/** @param size as stored @throws DataError `IMAGE_BROKEN`, `IMAGE_TRUNCATED` */
export function deepRaster(
  bytes: Bytes,
  directory: Directory,
  size: Size,
  range: DepthRange,
  place: ImagePlace,
): Raster {
  const channels = only(directory, 'photometric') === RGB ? 3 : 1;
  const isLittle = bytes.toString('latin1', 0, 2) === 'II';
  const values = new Uint16Array(size.width * size.height * channels);
  for (const part of partsOf(bytes, directory, size, place)) {
    const samples = samplesOf(part, directory, channels, isLittle, place);
    const columns = Math.min(part.width, size.width - part.x);
    for (let y = 0; y < Math.min(part.height, size.height - part.y); y++) {
      const from = y * part.width * channels;
      const to = ((part.y + y) * size.width + part.x) * channels;
      values.set(samples.subarray(from, from + columns * channels), to);
    }
  }
  const { levels, cutOff } = ranged(values, range, channels);
  return { ...rasterOf({ ...size, channels, data: levels }, false), cutOff };
}

function* partsOf(bytes: Bytes, directory: Directory, size: Size, place: ImagePlace): Generator<Part> {
  const isTiled = directory.has(TAGS.tileWidth);
  const offsets = directory.get(isTiled ? TAGS.tileOffsets : TAGS.stripOffsets) ?? [];
  const lengths = directory.get(isTiled ? TAGS.tileBytes : TAGS.stripBytes) ?? [];
  const part = isTiled ? tileSize(directory, place) : stripSize(directory, size, place);
  const across = Math.ceil(size.width / part.width);
  const count = across * Math.ceil(size.height / part.height);
  if (offsets.length < count || lengths.length < count) {
    throw broken(place, `${Math.min(offsets.length, lengths.length)} of ${count} strips or tiles`);
  }
  for (let i = 0; i < count; i++) {
    const [x, y] = [(i % across) * part.width, Math.floor(i / across) * part.height];
    const [from, length] = [offsets[i]!, lengths[i]!];
    if (from + length > bytes.length) throw truncated(place, `strip or tile ${i} reaches past the end of the file`);
    const height = isTiled ? part.height : Math.min(part.height, size.height - y);
    yield { x, y, width: part.width, height, packed: bytes.subarray(from, from + length) };
  }
}

function tileSize(directory: Directory, place: ImagePlace): Size {
  const [width, height] = [only(directory, 'tileWidth') ?? 0, only(directory, 'tileHeight') ?? 0];
  const pixels = width * height;
  if (pixels === 0 || pixels > MOST_OF_A_TILE) throw broken(place, `tiles of ${width}×${height} pixels`);
  return { width, height };
}

function stripSize(directory: Directory, { width, height }: Size, place: ImagePlace): Size {
  const rows = Math.min(only(directory, 'stripRows') ?? height, height);
  if (rows === 0) throw broken(place, 'strips of 0 rows');
  return { width, height: rows };
}

/** A part's values; where it holds differences, their sums along each row. */
function samplesOf(
  part: Part,
  directory: Directory,
  channels: number,
  isLittle: boolean,
  place: ImagePlace,
): Uint16Array {
  const row = part.width * channels;
  const samples = new Uint16Array(row * part.height);
  const bytes = unpackedBytes(part, only(directory, 'compression') ?? NONE, 2 * samples.length, place);
  const [low, high] = isLittle ? [0, 1] : [1, 0];
  for (let i = 0; i < samples.length; i++) samples[i] = bytes[2 * i + low]! | (bytes[2 * i + high]! << 8);
  if (only(directory, 'predictor') === DIFFERENCES) addAlongRows(samples, row, channels);
  return samples;
}

function addAlongRows(samples: Uint16Array, row: number, channels: number): void {
  for (let start = 0; start < samples.length; start += row) {
    for (let i = start + channels; i < start + row; i++) samples[i] = samples[i]! + samples[i - channels]!;
  }
}

function unpackedBytes({ packed }: Part, compression: number, count: number, place: ImagePlace): Uint8Array {
  const bytes = unpacked(packed, compression, count, place);
  if (bytes.length < count) throw truncated(place, `${told(bytes.length)} of ${told(count)} bytes of pixels`);
  return bytes;
}

function unpacked(packed: Uint8Array, compression: number, count: number, place: ImagePlace): Uint8Array {
  if (compression === LZW) return tiffBytes(packed, { count, place });
  if (compression === PACK_BITS) return fromRuns(packed, count);
  return compression === NONE ? packed : inflatedPixels(packed, count, place, false);
}

/** A count below 128 copies one more bytes; above, the next byte comes 257 less it times (TIFF 6.0, section 9). */
function fromRuns(packed: Uint8Array, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let filled = 0;
  for (let at = 0; at < packed.length && filled < count; ) {
    const head = packed[at++]!;
    if (head < 128) {
      const run = packed.subarray(at, at + Math.min(head + 1, count - filled));
      bytes.set(run, filled);
      filled += run.length;
      at += head + 1;
    } else if (head > 128 && at < packed.length) {
      const times = Math.min(257 - head, count - filled);
      bytes.fill(packed[at++], filled, filled + times);
      filled += times;
    }
  }
  return bytes.subarray(0, filled);
}

const told = (bytes: number) => bytes.toLocaleString('en');
