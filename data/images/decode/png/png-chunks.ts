/**
 * The chunks of a PNG file, checked as Pillow checks them: by CRC up to the first image data. The image data has a
 * checksum of its own, and what comes after it does not touch the pixels.
 */
import { crc32 } from 'node:zlib';
import { broken, type ImagePlace, truncated } from '../image-format.js';

export interface PngChunk {
  type: string;
  data: Buffer;
  /** Where its length stands in the file. */
  at: number;
}

const SIGNATURE_BYTES = 8;
const TYPE = /^\w{4}$/;

/** Chunks up to, not including, the first IDAT. @throws DataError `IMAGE_BROKEN`, `IMAGE_TRUNCATED` */
export function* leadingChunks(bytes: Buffer, place: ImagePlace): Generator<PngChunk, number, undefined> {
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
export function imageData(bytes: Buffer, first: number): { data: Buffer; end: number } {
  const parts: Buffer[] = [];
  let at = first;
  for (let chunk = chunkAt(bytes, at); chunk?.type === 'IDAT'; chunk = chunkAt(bytes, at)) {
    parts.push(chunk.data);
    at += 12 + chunk.data.length;
  }
  return { data: parts.length === 1 ? parts[0]! : Buffer.concat(parts), end: at };
}

/** Chunks after the image data, as far as they can be read. */
export function* trailingChunks(bytes: Buffer, from: number): Generator<PngChunk, void, undefined> {
  let at = from;
  for (let chunk = chunkAt(bytes, at); chunk !== null && TYPE.test(chunk.type); chunk = chunkAt(bytes, at)) {
    if (chunk.type === 'IEND') return;
    yield chunk;
    at += 12 + chunk.data.length;
  }
}

/** Data is cut where the file ends. Null if the file ends before it. */
function chunkAt(bytes: Buffer, at: number): PngChunk | null {
  if (at + 8 > bytes.length) return null;
  const length = bytes.readUInt32BE(at);
  return { type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, at + 8 + length), at };
}

const told = (at: number) => at.toLocaleString('en');
