/** Which format an image file has, by its first bytes and never by its name. */

/** Formats that are recognised. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'bmp' | 'avif';

/** How messages name a format. */
export const FORMAT_NAMES: Readonly<Record<ImageFormat, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  gif: 'GIF',
  webp: 'WebP',
  tiff: 'TIFF',
  bmp: 'BMP',
  avif: 'AVIF',
};

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
export const IMAGE_EXTENSIONS: readonly string[] = [
  ...['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.apng', '.webp', '.gif', '.tif', '.tiff', '.bmp', '.dib'],
  ...['.avif', '.avifs'],
];

/** Where the bytes begin with one of these, the format is decided. */
const SIGNATURES: readonly (readonly [ImageFormat, string])[] = [
  ['jpeg', '\xff\xd8\xff'],
  ['png', '\x89PNG\r\n\x1a\n'],
  ['gif', 'GIF87a'],
  ['gif', 'GIF89a'],
  ['bmp', 'BM'],
  ['tiff', 'II*\0'],
  ['tiff', 'MM\0*'],
  ['tiff', 'II+\0'],
  ['tiff', 'MM\0+'],
];

const AVIF_BRANDS = new Set(['avif', 'avis']);

/** @returns null for content that none of the formats has */
export function formatOf(bytes: Uint8Array): ImageFormat | null {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64)).toString('latin1');
  const [format] = SIGNATURES.find(([, signature]) => start.startsWith(signature)) ?? [];
  if (format !== undefined) return format;
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'webp';
  return isAvif(start) ? 'avif' : null;
}

/** The first box is `ftyp`: its size, a major brand, a version, compatible brands. */
function isAvif(start: string): boolean {
  if (start.slice(4, 8) !== 'ftyp') return false;
  const brands = [start.slice(8, 12)];
  for (let at = 16; at + 4 <= start.length; at += 4) brands.push(start.slice(at, at + 4));
  return brands.some((brand) => AVIF_BRANDS.has(brand));
}
