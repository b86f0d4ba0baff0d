import type { Random } from '../../../base/index.js';
import type { Image } from '../pixel-batch.js';
import { resizeImage } from '../resize/resize.js';
import type { Interpolation } from '../resize/taps.js';
import { toPixels } from './pixels.js';

const GREY = 128;

/**
 * A square of middle grey at a place of its own in every image, wholly inside. After Cutout (DeVries and Taylor, arXiv
 * 1708.04552), whose 16 × 16 of 32 × 32 pixels is a quarter.
 * @param area share of the image that is hidden, above 0 to 1; the square is cut off where the image is too narrow
 */
export function occlude(image: Image, area: number, random: Random, level = GREY): Image {
  // The same draws for any area, so that a larger square of the same image is about where the smaller one was.
  const [y, x] = [random.uniform(), random.uniform()];
  return withSquare(image, area, level, (height, width) => [Math.floor(y * (height + 1)), Math.floor(x * (width + 1))]);
}

/**
 * The same square in all images, wholly inside.
 * @param area share that is hidden @param x, y place: 0 left or above, ½ middle, 1 right or below
 */
export function standStill(image: Image, area: number, [x, y]: readonly [number, number], level: number): Image {
  return withSquare(image, area, level, (height, width) => [Math.round(y * height), Math.round(x * width)]);
}

/** @param placeOf gives row and column of the square, from what the image has beside it */
function withSquare(
  image: Image,
  area: number,
  level: number,
  placeOf: (height: number, width: number) => [top: number, left: number],
): Image {
  const { height, width } = image;
  const side = Math.max(1, Math.round(Math.sqrt(area * height * width)));
  const [rows, columns] = [Math.min(side, height), Math.min(side, width)];
  const [top, left] = placeOf(height - rows, width - columns);
  const data = new Uint8Array(image.data); // `slice` of a Buffer would be the image itself
  for (let y = top; y < top + rows; y++) data.fill(level, (y * width + left) * 3, (y * width + left + columns) * 3);
  return { ...image, data };
}

/** Every other line darker (interlaced fields, column amplifiers). @param loss share of light that it loses, 0 to 1 */
export function addStripes(image: Image, loss: number, along: 'rows' | 'columns'): Image {
  const { height, width, data } = image;
  const changed = new Float64Array(data);
  const light = 1 - loss;
  const row = 3 * width;
  for (let y = 0; y < height; y++) {
    const [first, step, size] = along === 'columns' ? [3, 6, 3] : y % 2 === 1 ? [0, row, row] : [row, row, row];
    for (let at = first; at < row; at += step) {
      for (let i = y * row + at; i < y * row + at + size; i++) changed[i]! *= light;
    }
  }
  return { ...image, data: toPixels(changed) };
}

/**
 * The image is made smaller (`down`) and as large as before again (`up`), by Pillow's resize.
 * @param share of each side that is left, above 0 to 1; rounded to whole pixels
 */
export function coarsen(image: Image, share: number, down: Interpolation, up: Interpolation): Image {
  const { height, width } = image;
  const [rows, columns] = [height, width].map((side) => Math.max(1, Math.round(share * side))) as [number, number];
  const small = resizeImage(image, rows, columns, { interpolation: down });
  const { data } = resizeImage(small, height, width, { interpolation: up });
  return { ...image, data: data === image.data ? new Uint8Array(data) : data };
}
