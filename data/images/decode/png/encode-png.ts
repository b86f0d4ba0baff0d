/** Writes PNG files: what the reader beside it reads back, without filters and in one IDAT chunk. */
import { crc32, deflateSync } from 'node:zlib';
import type { Image } from '../../pixel-batch.js';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const RGB = 2;
const HEADER_BYTES = 13;

/** RGB of 8 bits as a PNG file, as small as zlib makes it. */
export function encodePng({ width, height, data }: Image): Buffer {
  return pngFile({ width, height, depth: 8, colour: RGB }, data);
}

export interface PngLayout {
  width: number;
  height: number;
  /** Bits of a sample. */
  depth: number;
  /** The colour type of the IHDR chunk: 0 gray, 2 RGB. */
  colour: number;
}

/** @param samples all rows, of the same number of whole bytes each */
export function pngFile({ width, height, depth, colour }: PngLayout, samples: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour], 8);
  const image = deflateSync(withFilterBytes(samples, height), { level: 9 });
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', image), chunk('IEND', Buffer.alloc(0))]);
}

/** Before each row a 0: it is not filtered. */
function withFilterBytes(samples: Uint8Array, height: number): Buffer {
  const bytes = samples.length / height;
  const rows = Buffer.alloc(height * (bytes + 1));
  for (let y = 0; y < height; y++) rows.set(samples.subarray(y * bytes, (y + 1) * bytes), y * (bytes + 1) + 1);
  return rows;
}

/** Length, type, data, and the checksum of type and data. */
function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), data.length + 8);
  return bytes;
}
