/** Puts many small pictures side by side on one sheet, small enough for a data URI in a page. */

import jpeg from 'jpeg-js';
import { base64, withBuffer } from '#platform';
import { encodePng, type Image, resizeImage } from '../../data/index.js';
import type { ThumbnailSheet } from '../../report/index.js';

/** Tried in order while the sheet is too large: lossless, then photographs. Below quality 75, blur and noise vanish. */
const ENCODINGS: readonly ((sheet: Image) => string)[] = [
  (sheet) => dataUri('image/png', encodePng(sheet)),
  (sheet) => jpegUri(sheet, 85),
  (sheet) => jpegUri(sheet, 75),
];

/** A photograph's PNG takes over a third of its pixels, in base64 over a half: not tried beyond this. */
const PNG_GAIN = 3;
/** Bytes of pixels up to which a PNG is small enough. */
const SMALL = 30_000;

/** Safety factor for the guess from the size per picture. Each round removes at least one picture. */
const SAFETY = 0.97;

/**
 * Puts as many pictures on a sheet as fit, from the first on. @param maxBytes limit of the data URI
 * @returns the sheet and its number of pictures; null if not even one fits, or there are none
 */
export function spriteSheet(
  pictures: readonly Image[],
  maxBytes: number,
): { sheet: ThumbnailSheet; count: number } | null {
  for (let count = pictures.length; count > 0; ) {
    const shown = pictures.slice(0, count);
    const { image, grid } = tiled(shown);
    let uri = '';
    const [png, ...photographs] = ENCODINGS;
    for (const encode of image.data.length > PNG_GAIN * maxBytes ? photographs : [png!, ...photographs]) {
      uri = encode(image);
      if (uri.length <= maxBytes) return { sheet: { uri, ...grid }, count };
    }
    count = Math.min(count - 1, Math.floor((SAFETY * count * maxBytes) / uri.length));
  }
  return null;
}

/** Tiles the pictures in a square of cells as large as the largest picture. Smaller ones are centred on gray. */
function tiled(pictures: readonly Image[]): { image: Image; grid: Omit<ThumbnailSheet, 'uri'> } {
  const width = Math.max(...pictures.map((picture) => picture.width));
  const height = Math.max(...pictures.map((picture) => picture.height));
  const columns = Math.ceil(Math.sqrt(pictures.length));
  const rows = Math.ceil(pictures.length / columns);
  const image = { width: columns * width, height: rows * height, data: new Uint8Array(0) };
  image.data = new Uint8Array(image.width * image.height * 3).fill(128);
  for (const [index, picture] of pictures.entries()) {
    const left = (index % columns) * width + Math.floor((width - picture.width) / 2);
    const top = Math.floor(index / columns) * height + Math.floor((height - picture.height) / 2);
    const line = picture.width * 3;
    for (let y = 0; y < picture.height; y++) {
      image.data.set(picture.data.subarray(y * line, (y + 1) * line), ((top + y) * image.width + left) * 3);
    }
  }
  return { image, grid: { width, height, columns, rows } };
}

function jpegUri({ width, height, data }: Image, quality: number): string {
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from]!;
    rgba[to + 1] = data[from + 1]!;
    rgba[to + 2] = data[from + 2]!;
  }
  return dataUri(
    'image/jpeg',
    withBuffer(() => jpeg.encode({ width, height, data: rgba }, quality).data),
  );
}

function dataUri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${base64(bytes)}`;
}

/** One picture of its own. */
export function pictureUri(image: Image): string {
  return image.data.length <= SMALL ? ENCODINGS[0]!(image) : jpegUri(image, 85);
}

/** At most `side` pixels on the longer side, in memory of its own, so that a batch can be freed. */
export function shrunkImage(image: Image, side: number): Image {
  const scale = Math.min(1, side / Math.max(image.height, image.width));
  const [height, width] = [image.height, image.width].map((length) => Math.max(1, Math.round(length * scale)));
  const small = resizeImage(image, height!, width!);
  return small === image ? { ...image, data: image.data.slice() } : small;
}
