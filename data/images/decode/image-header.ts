/** What an image file says of itself before its pixels. */
import { DataError } from '../../data-error.js';
import { bmpHeader } from './bmp/bmp-header.js';
import type { ImageHeader } from './decode-options.js';
import { gifHeader } from './gif/gif-header.js';
import { type ImagePlace, unsupported } from './image-error.js';
import { formatOf, type ImageFormat } from './image-format.js';
import { jpegHeader } from './jpeg/jpeg-header.js';
import { pngHeader } from './png/png-header.js';
import { tiffHeader } from './tiff/tiff-header.js';
import { webpHeader } from './webp/webp-header.js';

/** What a reader of one format finds. */
interface FoundHeader extends Omit<ImageHeader, 'format'> {
  /** The EXIF block; null or absent where the file, or its format, has none. */
  exif?: Uint8Array | null;
}

type HeaderReader = (bytes: Buffer, place: ImagePlace) => FoundHeader;

const READERS: Readonly<Partial<Record<ImageFormat, HeaderReader>>> = {
  jpeg: jpegHeader,
  png: pngHeader,
  gif: gifHeader,
  bmp: bmpHeader,
  webp: webpHeader,
  tiff: tiffHeader,
};

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
  const { width, height, orientation, format } = readHeader(asBuffer(bytes), where);
  return { format, width, height, orientation };
}

/** A header with the file's EXIF block; null where it has none. */
export interface FullHeader extends ImageHeader {
  exif: Uint8Array | null;
}

/** As `imageHeader`. */
export function readHeader(bytes: Buffer, where: string): FullHeader {
  if (bytes.length === 0) throw new DataError('IMAGE_EMPTY', `${where}: the file is empty`);
  const format = formatOf(bytes);
  if (format === null) {
    throw new DataError('IMAGE_FORMAT', `${where}: not an image of a known format, but ${contentOf(bytes)}`, {
      hint: 'Images are JPEG, PNG, GIF, WebP, TIFF or BMP files. Pillow makes PNG of other images: Image.open(FILE).save("image.png").',
    });
  }
  const reader = READERS[format];
  const place = { where, format };
  if (reader === undefined) throw unsupported(place, NOT_DECODED);
  const { width, height, orientation, exif = null } = reader(bytes, place);
  return { format, width, height, orientation, exif };
}

/** sharp and Pillow decode AVIF with different libraries, and other pixels come out. */
const NOT_DECODED = 'no decoder here gives the pixels of Pillow';

/** The same memory as a Buffer, which reads numbers and text. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
function contentOf(bytes: Buffer): string {
  const start = bytes.toString('latin1', 0, LOOKED_AT_BYTES);
  return OTHER_CONTENT.find(([pattern]) => pattern.test(start))?.[1] ?? 'other bytes';
}
