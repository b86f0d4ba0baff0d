/**
 * Something in front of the lens: a square of middle grey at a place of its own in every image, wholly inside. After
 * Cutout (DeVries and Taylor, arXiv 1708.04552), whose 16 × 16 of 32 × 32 pixels is an area of a quarter; ImageNet-C
 * has nothing like it.
 */
import type { Random } from '../../../base/index.js';
import type { Image } from '../pixel-batch.js';

const GREY = 128;

/**
 * @param area share of the image that is hidden, above 0 to 1; the square is cut off where the image is too narrow
 * @param level of the square
 */
export function occlude(image: Image, area: number, random: Random, level = GREY): Image {
  const { height, width } = image;
  const side = Math.max(1, Math.round(Math.sqrt(area * height * width)));
  const [rows, columns] = [Math.min(side, height), Math.min(side, width)];
  // The same draws for any area, so that a larger square of the same image is about where the smaller one was.
  const top = Math.floor(random.uniform() * (height - rows + 1));
  const left = Math.floor(random.uniform() * (width - columns + 1));
  const data = new Uint8Array(image.data); // `slice` of a Buffer would be the image itself
  for (let y = top; y < top + rows; y++) data.fill(level, (y * width + left) * 3, (y * width + left + columns) * 3);
  return { ...image, data };
}
