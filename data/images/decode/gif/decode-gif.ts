/** The first image of a GIF file on its canvas, as Pillow decodes it. Later frames are not looked at. */
import type { Raster, RasterRequest } from '../decode-options.js';
import { broken, type ImagePlace } from '../image-error.js';
import { indexedRaster } from '../indexed.js';
import { type GifHeader, gifHeader } from './gif-header.js';
import { lzwPixels } from './lzw.js';

/** First row and distance of the rows of each pass of an interlaced image. */
const PASSES = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const;

/** @throws DataError `IMAGE_BROKEN`, `IMAGE_TRUNCATED` */
export function decodeGif(bytes: Buffer, place: ImagePlace, { alpha }: RasterRequest): Raster {
  const header = gifHeader(bytes, place);
  const { width, height, frame, palette, transparent, codeBits, firstBlock } = header;
  if (codeBits < 1 || codeBits > 8) throw broken(place, `codes of ${codeBits} bits, not 1 to 8`);
  const count = frame.width * frame.height;
  const pixels = lzwPixels(bytes, { at: firstBlock, codeBits, count, place });
  const indices = new Uint8Array(width * height).fill(transparent ?? 0);
  rowsOf(header).forEach((row, i) => {
    const at = (frame.y + row) * width + frame.x;
    indices.set(pixels.subarray(i * frame.width, (i + 1) * frame.width), at);
  });
  return indexedRaster({ width, height, indices, palette, transparent }, alpha);
}

/** The rows of the image in the order of the file. */
function rowsOf({ frame: { height }, interlaced }: GifHeader): number[] {
  if (!interlaced) return Array.from({ length: height }, (_, row) => row);
  return PASSES.flatMap(([first, step]) =>
    Array.from({ length: Math.max(0, Math.ceil((height - first) / step)) }, (_, i) => first + i * step),
  );
}
