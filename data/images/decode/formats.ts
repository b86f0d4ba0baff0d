/** All formats of image files. To add one, add its folder and a line here. */
import type { Bytes } from '#platform';
import { bmp } from './bmp/decode-bmp.js';
import { gif } from './gif/gif.js';
import { type FileFormat, type ImagePlace, unsupported } from './image-format.js';
import { jpeg } from './jpeg/decode-jpeg.js';
import { png } from './png/decode-png.js';
import { tiff } from './tiff/tiff.js';
import { webp } from './webp/webp.js';

const BRANDS = new Set(['avif', 'avis']);

/** AVIF files are recognised and refused: sharp and Pillow decode them with different libraries, and other pixels come out. */
const avif: FileFormat = {
  name: 'AVIF',
  extensions: ['.avif', '.avifs'],
  isThis: isAvif,
  header: (_, place) => refuse(place),
  decode: (_bytes, _header, place) => refuse(place),
};

function refuse(place: ImagePlace): never {
  throw unsupported(place, 'no decoder here gives the pixels of Pillow');
}

/** The first box is `ftyp`: its size, a major brand, a version, compatible brands. */
function isAvif(start: string): boolean {
  if (start.slice(4, 8) !== 'ftyp') return false;
  const brands = [start.slice(8, 12)];
  for (let at = 16; at + 4 <= start.length; at += 4) brands.push(start.slice(at, at + 4));
  return brands.some((brand) => BRANDS.has(brand));
}

export const FORMATS = { jpeg, png, gif, webp, tiff, bmp, avif } satisfies Record<string, FileFormat>;

export type ImageFormat = keyof typeof FORMATS;

/**
 * Extensions of files that a folder is searched for. What a file contains decides how it is decoded.
 *
 * @example
 * ```ts
 * import { IMAGE_EXTENSIONS } from 'image-drift/data';
 *
 * console.log(IMAGE_EXTENSIONS.includes('.jpg')); // true
 * ```
 */
export const IMAGE_EXTENSIONS: readonly string[] = Object.values(FORMATS).flatMap(({ extensions }) => extensions);

/** Bytes at the beginning of a file by which formats are told apart. */
const START_BYTES = 64;

/** @returns null for content that none of the formats has */
export function formatOf(bytes: Bytes): ImageFormat | null {
  const start = bytes.toString('latin1', 0, START_BYTES);
  const names = Object.keys(FORMATS) as ImageFormat[];
  return names.find((name) => FORMATS[name].isThis(start)) ?? null;
}
