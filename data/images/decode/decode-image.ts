/**
 * Image files: what their headers say, and their pixels. The pixels are those of Pillow 13's
 * `Image.open(file).convert('RGB')`.
 */
import { type Bytes, bytesOf } from '#platform';
import { DataError } from '../../data-error.js';
import type { DecodeOptions, RangeOption } from '../../options/index.js';
import { depthAsked, notDeep } from '../depth.js';
import type { Image } from '../pixel-batch.js';
import { timeTaken } from './exif.js';
import { FORMATS, formatOf, type ImageFormat } from './formats.js';
import type { FileFormat, FileHeader, ImagePlace } from './image-format.js';
import { swapsSides, upright } from './shared.js';

/** More pixels than this are refused unless `maxPixels` allows them. */
const DEFAULT_MAX_PIXELS = 100_000_000;

/**
 * What the header of an image file says.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { type ImageHeader, imageHeader } from 'image-drift/data';
 *
 * const header: ImageHeader = imageHeader(await readFile('cat.jpg'), 'cat.jpg');
 * console.log(header.format, header.width, header.height, header.orientation);
 * ```
 */
export interface ImageHeader {
  /** By content, never by name. */
  format: ImageFormat;
  /** Pixels, before the orientation is applied. */
  width: number;
  /** Pixels, before the orientation is applied. */
  height: number;
  /** EXIF orientation, 1 to 8; 1 where the file has none. */
  orientation: number;
  /** Whether samples have 16 bits. */
  isDeep: boolean;
  /**
   * Whether it is gray of more than 8 bits. Without a range, Pillow's `convert('RGB')`, which is followed here, cuts its values off at
   * 255: an image of a 16-bit camera becomes white. RGB and gray with alpha of 16 bits keep their upper 8.
   */
  isClipped: boolean;
}

/**
 * A decoded image: uint8 RGB, `[height, width, 3]`, row-major.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { type DecodedImage, decodeImage } from 'image-drift/data';
 *
 * const image: DecodedImage = await decodeImage(await readFile('cat.jpg'), 'cat.jpg');
 * console.log(image.format, image.data.length === 3 * image.width * image.height);
 * ```
 */
export interface DecodedImage extends Image {
  /** By content, never by name. */
  format: ImageFormat;
  /** EXIF orientation, 1 to 8, that the file had, applied or not; 1 where it has none. */
  orientation: number;
  /** The share of its pixels of which a colour lies outside of the range; null where there is none. */
  cutOff: number | null;
}

/** An image file whose header has been read, which travels with its bytes. */
export interface OpenedImage {
  bytes: Bytes;
  format: ImageFormat;
  header: FileHeader;
  place: ImagePlace;
}

/**
 * Format, size and orientation of an image. Decodes no pixels. The content decides the format, the name does not.
 *
 * @param bytes the whole file
 * @param where how errors name it: a path, a member of an archive, a URL
 * @throws DataError `IMAGE_EMPTY`, `IMAGE_FORMAT` for content that is not an image, `IMAGE_BROKEN`, `IMAGE_TRUNCATED`,
 *   `IMAGE_UNSUPPORTED`
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { imageHeader } from 'image-drift/data';
 *
 * const { format, width, height } = imageHeader(await readFile('cat.jpg'), 'cat.jpg');
 * console.log(`${format}, ${width}×${height}`);
 * ```
 */
export function imageHeader(bytes: Uint8Array, where: string): ImageHeader {
  const { format, header } = openImage(bytes, where);
  const { width, height, orientation, isDeep = false, isClipped = false } = header;
  return { format, width, height, orientation, isDeep, isClipped };
}

/** Reads the header. @throws as `imageHeader` */
export function openImage(bytes: Uint8Array, where: string): OpenedImage {
  const file = bytesOf(bytes);
  if (file.length === 0) throw new DataError('IMAGE_EMPTY', `${where}: the file is empty`);
  const format = formatOf(file);
  if (format === null) {
    throw new DataError('IMAGE_FORMAT', `${where}: not an image of a known format, but ${contentOf(file)}`, {
      hint: 'Images are JPEG, PNG, GIF, WebP, TIFF or BMP files. Pillow makes PNG of other images: Image.open(FILE).save("image.png").',
    });
  }
  const place = { where, format: FORMATS[format].name };
  return { bytes: file, format, header: FORMATS[format].header(file, place), place };
}

/** As `timeTaken`; null also for what is not an image. @param bytes an image file */
export function exifTime(bytes: Uint8Array): number | null {
  try {
    const { exif } = openImage(bytes, 'an image').header;
    return exif ? timeTaken(exif) : null;
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

/**
 * Decodes an image. The pixels are those of Pillow 13's `Image.open(file).convert('RGB')`, byte for byte: alpha is
 * dropped, ICC profiles are ignored, animations give their first frame. A variant that cannot be decoded to the same
 * bytes is refused. docs/images.md has the list. With a `range`, samples of 16 bits become levels of it, and other
 * files are refused; without one, those of 16 bits are, unless `depth` says how they are decoded.
 *
 * @param bytes the whole file
 * @param where how errors name it: a path, a member of an archive, a URL
 * @returns uint8 RGB, `[height, width, 3]`, row-major
 * @throws DataError `IMAGE_EMPTY`, `IMAGE_FORMAT`, `IMAGE_BROKEN`, `IMAGE_TRUNCATED`, `IMAGE_TOO_LARGE`,
 *   `IMAGE_UNSUPPORTED`, `IMAGE_NEEDS_SHARP`, `IMAGE_DEPTH`
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
export async function decodeImage(
  bytes: Uint8Array,
  where: string,
  options: DecodeOptions & RangeOption = {},
): Promise<DecodedImage> {
  return decodeOpened(openImage(bytes, where), options, { lent: false });
}

export interface Decoding {
  /** Whether the next image may overwrite the pixels: new memory for each takes longer to get than to fill. */
  lent: boolean;
  /** Throws where an image of this size is of no use: before its pixels, of which 100 million take a gigabyte, are decoded. */
  fits?: ((size: { height: number; width: number }) => void) | undefined;
}

/** As `decodeImage`. @throws also what `fits` throws */
export async function decodeOpened(
  { bytes, format, header, place }: OpenedImage,
  options: DecodeOptions & RangeOption,
  { lent, fits }: Decoding,
): Promise<DecodedImage> {
  const { width, height, orientation, isDeep = false } = header;
  const { background = null, allowTruncated = false, range, depth } = options;
  if (range !== undefined && !isDeep)
    throw notDeep(place.where, `${place.format} of up to 8 bits a sample`, range, 'IMAGE_DEPTH');
  if (range === undefined && isDeep && depth !== 'pillow') throw depthAsked(place.where, place.format);
  checkSize({ width, height }, place.where, options.maxPixels ?? DEFAULT_MAX_PIXELS);
  const isSwapped = options.orientation === 'apply' && swapsSides(orientation);
  fits?.(isSwapped ? { height: width, width: height } : { height, width });
  const { decode }: FileFormat = FORMATS[format];
  const raster = await decode(bytes, header, place, { alpha: background !== null, allowTruncated, range, lent });
  if (background !== null && raster.alpha !== null) putOnBackground(raster.data, raster.alpha, background);
  const image = options.orientation === 'apply' ? upright(raster, orientation) : raster;
  const cutOff = raster.cutOff === undefined ? null : raster.cutOff / (width * height);
  return { width: image.width, height: image.height, data: image.data, format, orientation, cutOff };
}

function checkSize({ width, height }: { width: number; height: number }, where: string, most: number): void {
  if (width * height <= most) return;
  const size = `${width.toLocaleString('en')}×${height.toLocaleString('en')} pixels`;
  throw new DataError('IMAGE_TOO_LARGE', `${where}: ${size}, at most ${most.toLocaleString('en')} are decoded`, {
    hint: 'If the image is meant to be this large, raise --max-pixels.',
  });
}

/**
 * Puts transparent pixels on a colour, in place, by the formula of Pillow's `Image.paste` with the image as its mask.
 * @param rgb `[pixels, 3]` @param alpha `[pixels]` @param background RGB, 0 to 255
 */
function putOnBackground(rgb: Uint8Array, alpha: Uint8Array, background: readonly [number, number, number]): void {
  for (let i = 0, at = 0; i < alpha.length; i++) {
    const opaque = alpha[i]!;
    for (let c = 0; c < 3; c++, at++) {
      const sum = background[c]! * (255 - opaque) + rgb[at]! * opaque + 128;
      rgb[at] = ((sum >> 8) + sum) >> 8;
    }
  }
}

/** What people often have under the name of an image. */
const OTHER_CONTENT: readonly (readonly [start: RegExp, what: string])[] = [
  [/^%PDF/, 'a PDF'],
  [/^PK[^ -~]/, 'a zip'],
  [/^\s*<svg/i, 'SVG'],
  [/^\s*<(!doctype|html|head|body)/i, 'a web page'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer'],
  [/^P[1-7][ \t\n\v\f\r]/, 'a PBM, PGM, PPM or PAM file'],
  [/^\0+$/, 'zeros'],
  [/^[\t\n\r\x20-\x7e]+$/, 'text'],
];
const LOOKED_AT_BYTES = 64;

/** Its kind and none of its bytes: a table can name any file of this machine, and whoever made it may see the message. */
function contentOf(bytes: Bytes): string {
  const start = bytes.toString('latin1', 0, LOOKED_AT_BYTES);
  return OTHER_CONTENT.find(([pattern]) => pattern.test(start))?.[1] ?? 'other bytes';
}
