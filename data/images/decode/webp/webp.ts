/** WebP files (RFC 9649) to RGB, as Pillow decodes them; of animations the first frame. */
import type { Bytes } from '#platform';
import { orientationOf } from '../exif.js';
import { broken, type FileFormat, type FileHeader, type ImagePlace, truncated, unsupported } from '../image-format.js';
import { rasterOf } from '../shared.js';
import { sharpPixels } from '../sharp.js';

interface Chunk {
  type: string;
  data: Bytes;
}

const FIRST_CHUNK = 12;
const FRAME_TAG = 0x2a_01_9d;
const LOSSLESS_TAG = 0x2f;

export const webp: FileFormat = {
  name: 'WebP',
  extensions: ['.webp'],
  isThis: (start) => start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP',
  header: webpHeader,
  /** @throws DataError `IMAGE_NEEDS_SHARP` as well */
  async decode(bytes, header, place, { alpha }) {
    return rasterOf(await sharpPixels(bytes, header, place), alpha);
  },
};

function webpHeader(bytes: Bytes, place: ImagePlace): FileHeader {
  const chunks = [...chunksOf(bytes)];
  const [first] = chunks;
  const size = first && sizeOf(first);
  if (first === undefined || size === null) throw truncated(place, 'the file ends in its header');
  if (size === undefined) throw broken(place, 'the first chunk is not one of an image');
  if (size.width === 0 || size.height === 0) throw broken(place, `${size.width}×${size.height} pixels`);
  checkFirstFrame(chunks, size, place);
  const dataOf = (type: string) => chunks.find((chunk) => chunk.type === type)?.data ?? null;
  const exif = dataOf('EXIF');
  return { ...size, orientation: orientationOf(exif, dataOf('XMP ')), exif };
}

function* chunksOf(bytes: Bytes): Generator<Chunk, void, undefined> {
  for (let at = FIRST_CHUNK; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    yield { type: bytes.toString('latin1', at, at + 4), data: bytes.subarray(at + 8, at + 8 + length) };
    at += 8 + length + (length & 1);
  }
}

/** Null if the chunk is too short; undefined for another chunk, or for another beginning than its kind has. */
function sizeOf({ type, data }: Chunk): { width: number; height: number } | null | undefined {
  if (type === 'VP8X') {
    return data.length < 10 ? null : { width: data.readUIntLE(4, 3) + 1, height: data.readUIntLE(7, 3) + 1 };
  }
  if (type === 'VP8L') {
    if (data.length < 5) return null;
    const bits = data.readUInt32LE(1);
    return data[0] === LOSSLESS_TAG ? { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 } : undefined;
  }
  if (type !== 'VP8 ') return undefined;
  if (data.length < 10) return null;
  const isFrame = data.readUIntLE(3, 3) === FRAME_TAG;
  return isFrame ? { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff } : undefined;
}

/** The first frame of an animation must cover the canvas: what is beside it is not the same in all decoders. */
function checkFirstFrame(
  chunks: readonly Chunk[],
  { width, height }: { width: number; height: number },
  place: ImagePlace,
): void {
  const frame = chunks.find(({ type }) => type === 'ANMF')?.data;
  if (frame === undefined) return;
  if (frame.length < 16) throw truncated(place, 'the file ends in its first frame');
  const [x, y, w, h] = [0, 3, 6, 9].map((at) => frame.readUIntLE(at, 3)) as [number, number, number, number];
  if (x === 0 && y === 0 && w + 1 === width && h + 1 === height) return;
  throw unsupported(place, `a first frame of ${w + 1}×${h + 1} pixels in an image of ${width}×${height}`);
}
