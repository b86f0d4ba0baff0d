/**
 * A PNG's chunks before and after the image data, checked as Pillow checks them: by CRC up to the first image data,
 * which has a checksum of its own; what comes after does not touch the pixels.
 */
import { type Bytes, concat, crc32 } from '#platform';
import { orientationOf } from '../exif.js';
import { broken, type FileHeader, type ImagePlace, truncated, unsupported } from '../image-format.js';

export type PngColour = 'gray' | 'rgb' | 'palette' | 'gray-alpha' | 'rgba';

export interface PngHeader extends FileHeader {
  depth: number;
  colour: PngColour;
  interlaced: boolean;
  /** RGB, 3 bytes a colour; null without a PLTE chunk. */
  palette: Bytes | null;
  transparency: Bytes | null;
  firstData: number;
}

const COLOURS: Readonly<Record<number, PngColour>> = { 0: 'gray', 2: 'rgb', 3: 'palette', 4: 'gray-alpha', 6: 'rgba' };
const DEPTHS: Readonly<Record<PngColour, readonly number[]>> = {
  gray: [1, 2, 4, 8, 16],
  rgb: [8, 16],
  palette: [1, 2, 4, 8],
  'gray-alpha': [8, 16],
  rgba: [8, 16],
};
const HEADER_BYTES = 13;
const XMP_KEYWORD = 'XML:com.adobe.xmp\0';
const MOST_COLOURS = 256;

/** @throws DataError `IMAGE_BROKEN`, `IMAGE_TRUNCATED`, `IMAGE_UNSUPPORTED` */
export function pngHeader(bytes: Bytes, place: ImagePlace): PngHeader {
  const leading = leadingChunks(bytes, place);
  const first = leading.next();
  if (first.done || first.value.type !== 'IHDR') throw broken(place, 'the first chunk is not IHDR');
  const size = sizeOf(first.value.data, place);
  const others = new Map<string, Bytes>();
  let next = leading.next();
  for (; !next.done; next = leading.next()) take(next.value, size, others, place);
  const firstData = next.value;
  for (const chunk of trailingChunks(bytes, imageData(bytes, firstData).end)) keepOrientation(chunk, others);
  const exif = others.get('eXIf') ?? null;
  return {
    ...size,
    palette: paletteOf(others.get('PLTE'), place),
    transparency: others.get('tRNS') ?? null,
    orientation: orientationOf(exif, others.get('iTXt') ?? null),
    exif,
    isDeep: size.depth === 16,
    isClipped: size.colour === 'gray' && size.depth === 16,
    firstData,
  };
}

type PngSize = Pick<PngHeader, 'width' | 'height' | 'depth' | 'colour' | 'interlaced'>;

function sizeOf(data: Bytes, place: ImagePlace): PngSize {
  if (data.length < HEADER_BYTES) throw broken(place, `a header of ${data.length} bytes, not ${HEADER_BYTES}`);
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  const [depth, type, compression, filter, interlace] = data.subarray(8);
  const colour = COLOURS[type!];
  if (width === 0 || height === 0) throw broken(place, `${width}×${height} pixels`);
  if (colour === undefined || !DEPTHS[colour].includes(depth!)) {
    throw broken(place, `colour type ${type} with ${depth} bits a sample`);
  }
  if (compression !== 0 || filter !== 0) throw broken(place, `compression ${compression}, filter method ${filter}`);
  if (interlace! > 1) throw broken(place, `interlace method ${interlace}`);
  return { width, height, depth: depth!, colour, interlaced: interlace === 1 };
}

function take(chunk: PngChunk, size: PngSize, others: Map<string, Bytes>, place: ImagePlace): void {
  const { type, data } = chunk;
  if (type === 'IHDR' || type === 'IEND' || type === 'fdAT') throw broken(place, `${type} before the image data`);
  if (type === 'fcTL') checkFrame(data, size, place);
  if (type === 'PLTE' || type === 'tRNS') others.set(type, data);
  keepOrientation(chunk, others);
}

/** In an animated PNG, the image data may be the first frame. */
function checkFrame(data: Bytes, { width, height }: PngSize, place: ImagePlace): void {
  if (data.length < 26) throw broken(place, `a frame header of ${data.length} bytes, not 26`);
  const [w, h, x, y] = [4, 8, 12, 16].map((at) => data.readUInt32BE(at)) as [number, number, number, number];
  if (w === width && h === height && x === 0 && y === 0) return;
  throw unsupported(place, `a first frame of ${w}×${h} pixels at ${x},${y} in an image of ${width}×${height}`);
}

function keepOrientation({ type, data }: PngChunk, others: Map<string, Bytes>): void {
  if (type === 'eXIf') others.set(type, data);
  if (type === 'iTXt' && data.toString('latin1', 0, XMP_KEYWORD.length) === XMP_KEYWORD) others.set(type, data);
}

function paletteOf(data: Bytes | undefined, place: ImagePlace): Bytes | null {
  if (data === undefined) return null;
  if (data.length % 3 !== 0 || data.length > 3 * MOST_COLOURS) throw broken(place, `a palette of ${data.length} bytes`);
  return data;
}

const CHANNELS = { gray: 1, palette: 1, 'gray-alpha': 2, rgb: 3, rgba: 4 } as const;

export function channelsOf({ colour }: PngHeader): number {
  return CHANNELS[colour];
}

interface PngChunk {
  type: string;
  data: Bytes;
  at: number;
}

const SIGNATURE_BYTES = 8;
const TYPE = /^\w{4}$/;

/** Chunks up to, not including, the first IDAT. @throws DataError `IMAGE_BROKEN`, `IMAGE_TRUNCATED` */
function* leadingChunks(bytes: Bytes, place: ImagePlace): Generator<PngChunk, number, undefined> {
  for (let at = SIGNATURE_BYTES; ; ) {
    const chunk = chunkAt(bytes, at);
    if (chunk === null) throw truncated(place, 'the file ends before the image data');
    if (!TYPE.test(chunk.type)) throw broken(place, `a chunk at byte ${told(at)} has no name`);
    if (chunk.type === 'IDAT') return at;
    const end = at + 8 + chunk.data.length;
    if (end + 4 > bytes.length || chunk.data.length < bytes.readUInt32BE(at)) {
      throw truncated(place, `the ${chunk.type} chunk reaches past the end of the file`);
    }
    if (bytes.readUInt32BE(end) !== crc32(bytes.subarray(at + 4, end))) {
      throw broken(place, `the checksum of the ${chunk.type} chunk at byte ${told(at)} is wrong`);
    }
    yield chunk;
    at = end + 4;
  }
}

/** The image data from the IDAT chunk at `first`: all IDAT chunks in a row, each as much as the file has of it. */
export function imageData(bytes: Bytes, first: number): { data: Bytes; end: number } {
  const parts: Bytes[] = [];
  let at = first;
  for (let chunk = chunkAt(bytes, at); chunk?.type === 'IDAT'; chunk = chunkAt(bytes, at)) {
    parts.push(chunk.data);
    at += 12 + chunk.data.length;
  }
  return { data: parts.length === 1 ? parts[0]! : concat(parts), end: at };
}

function* trailingChunks(bytes: Bytes, from: number): Generator<PngChunk, void, undefined> {
  let at = from;
  for (let chunk = chunkAt(bytes, at); chunk !== null && TYPE.test(chunk.type); chunk = chunkAt(bytes, at)) {
    if (chunk.type === 'IEND') return;
    yield chunk;
    at += 12 + chunk.data.length;
  }
}

/** Data is cut where the file ends. Null if the file ends before it. */
function chunkAt(bytes: Bytes, at: number): PngChunk | null {
  if (at + 8 > bytes.length) return null;
  const length = bytes.readUInt32BE(at);
  return { type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, at + 8 + length), at };
}

const told = (at: number) => at.toLocaleString('en');
