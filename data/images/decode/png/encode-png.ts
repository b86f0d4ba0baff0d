import { type Bytes, bytesOfText, concat, crc32, deflate, newBytes } from '#platform';
import type { Image } from '../../pixel-batch.js';
import { paeth } from './decode-png.js';

const SIGNATURE = bytesOfText('\x89PNG\r\n\x1a\n', 'latin1');
const GRAY = 0;
const RGB = 2;
const PAETH = 4;
const HEADER_BYTES = 13;

/** RGB of 8 bits as a PNG file; one in gray if all pixels are gray, which takes half the bytes. */
export function encodePng({ width, height, data }: Image): Bytes {
  const isGray = data.every((value, i) => value === data[i - (i % 3)]);
  if (!isGray) return pngFile({ width, height, depth: 8, colour: RGB }, data);
  const gray = Uint8Array.from({ length: width * height }, (_, i) => data[3 * i]!);
  return pngFile({ width, height, depth: 8, colour: GRAY }, gray);
}

export interface PngLayout {
  width: number;
  height: number;
  depth: number;
  /** The colour type of the IHDR chunk: 0 gray, 2 RGB. */
  colour: typeof GRAY | typeof RGB;
}

/** @param samples all rows, of the same number of whole bytes each */
export function pngFile({ width, height, depth, colour }: PngLayout, samples: Uint8Array): Bytes {
  const header = newBytes(HEADER_BYTES);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour], 8);
  const pixelBytes = ((colour === RGB ? 3 : 1) * depth) / 8;
  const image = deflate(filtered(samples, height, pixelBytes));
  return concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', image), chunk('IEND', newBytes(0))]);
}

/** Before each row its filter; then each byte less what is predicted from those on its left, above, and left above. */
function filtered(samples: Uint8Array, height: number, pixelBytes: number): Bytes {
  const bytes = samples.length / height;
  const rows = newBytes(height * (bytes + 1));
  for (let y = 0, at = 0; y < height; y++) {
    rows[at++] = PAETH;
    for (let x = 0; x < bytes; x++) {
      const i = y * bytes + x;
      const [isFirst, isTop] = [x < pixelBytes, y === 0];
      const left = isFirst ? 0 : samples[i - pixelBytes]!;
      const above = isTop ? 0 : samples[i - bytes]!;
      const corner = isFirst || isTop ? 0 : samples[i - bytes - pixelBytes]!;
      rows[at++] = samples[i]! - paeth(left, above, corner);
    }
  }
  return rows;
}

function chunk(type: string, data: Uint8Array): Bytes {
  const bytes = newBytes(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), data.length + 8);
  return bytes;
}
