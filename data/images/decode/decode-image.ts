/** Decodes one image file in the calling thread, to the bytes that Pillow's `Image.open(file).convert('RGB')` has. */
import { DataError } from '../../data-error.js';
import { putOnBackground } from './background.js';
import { decodeBmp } from './bmp/decode-bmp.js';
import {
  DEFAULT_MAX_PIXELS,
  type DecodedImage,
  type DecodeOptions,
  type Raster,
  type RasterRequest,
} from './decode-options.js';
import { decodeGif } from './gif/decode-gif.js';
import { type ImagePlace, unsupported } from './image-error.js';
import type { ImageFormat } from './image-format.js';
import { asBuffer, readHeader } from './image-header.js';
import { decodeJpeg } from './jpeg/decode-jpeg.js';
import { swapsSides, upright } from './orient.js';
import { decodePng } from './png/decode-png.js';
import { decodeTiff } from './tiff/decode-tiff.js';
import { decodeWebp } from './webp/decode-webp.js';

type Decoder = (bytes: Buffer, place: ImagePlace, request: RasterRequest) => Raster | Promise<Raster>;

const DECODERS: Readonly<Partial<Record<ImageFormat, Decoder>>> = {
  jpeg: decodeJpeg,
  png: decodePng,
  gif: decodeGif,
  bmp: decodeBmp,
  webp: decodeWebp,
  tiff: decodeTiff,
};

/**
 * Decodes an image. The pixels are those of Pillow 13's `Image.open(file).convert('RGB')`, byte for byte: alpha is
 * dropped, ICC profiles are ignored, animations give their first frame. A variant that cannot be decoded to the same
 * bytes is refused. docs/images.md has the list.
 *
 * @param bytes the whole file
 * @param where how errors name it: a path, a member of an archive, a URL
 * @returns uint8 RGB, `[height, width, 3]`, row-major
 * @throws DataError `IMAGE_EMPTY`, `IMAGE_FORMAT`, `IMAGE_BROKEN`, `IMAGE_TRUNCATED`, `IMAGE_TOO_LARGE`,
 *   `IMAGE_UNSUPPORTED`, `IMAGE_NEEDS_SHARP`
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { decodeImage } from 'image-drift/data';
 *
 * const { width, height, data } = await decodeImage(await readFile('cat.jpg'), 'cat.jpg');
 * console.log(width, height, data.length);
 * ```
 */
export function decodeImage(bytes: Uint8Array, where: string, options: DecodeOptions = {}): Promise<DecodedImage> {
  return decodeFor(bytes, where, options, { lent: false });
}

/** How a decoded image is used. */
export interface Decoding {
  /**
   * Whether one is done with the image before the next is asked for: the pixels may then lie in memory of the decoder, which the
   * next image overwrites. Half a megabyte that is new for each image takes longer to get than to fill.
   */
  lent: boolean;
  /** Throws where an image of this size is of no use: before its pixels, of which 100 million take a gigabyte, are decoded. */
  fits?: ((size: { height: number; width: number }) => void) | undefined;
}

/** As `decodeImage`. @throws also what `fits` throws */
export async function decodeFor(
  bytes: Uint8Array,
  where: string,
  options: DecodeOptions,
  { lent, fits }: Decoding,
): Promise<DecodedImage> {
  const file = asBuffer(bytes);
  const { format, width, height, orientation } = readHeader(file, where);
  checkSize({ width, height }, where, options.maxPixels ?? DEFAULT_MAX_PIXELS);
  const place = { where, format };
  const decoder = DECODERS[format];
  if (decoder === undefined) throw unsupported(place, 'this format is not decoded');
  const isSwapped = options.orientation === 'apply' && swapsSides(orientation);
  fits?.(isSwapped ? { height: width, width: height } : { height, width });
  const { background = null, allowTruncated = false } = options;
  const raster = await decoder(file, place, { alpha: background !== null, allowTruncated, lent });
  if (background !== null && raster.alpha !== null) putOnBackground(raster.data, raster.alpha, background);
  const image = options.orientation === 'apply' ? upright(raster, orientation) : raster;
  return { width: image.width, height: image.height, data: image.data, format, orientation };
}

function checkSize({ width, height }: { width: number; height: number }, where: string, most: number): void {
  if (width * height <= most) return;
  const size = `${width.toLocaleString('en')}×${height.toLocaleString('en')} pixels`;
  throw new DataError('IMAGE_TOO_LARGE', `${where}: ${size}, at most ${most.toLocaleString('en')} are decoded`, {
    hint: 'If the image is meant to be this large, raise --max-pixels.',
  });
}
