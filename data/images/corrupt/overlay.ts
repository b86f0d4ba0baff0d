/** Something that stands still: a square of one level at the same place in all images, wholly inside. */
import type { Image } from '../pixel-batch.js';

/** @param area share of the image that is hidden @param x, y where it stands: 0 left or above, ½ middle, 1 right or below */
export function standStill(image: Image, area: number, [x, y]: readonly [number, number], level: number): Image {
  const { height, width } = image;
  const side = Math.max(1, Math.round(Math.sqrt(area * height * width)));
  const [rows, columns] = [Math.min(side, height), Math.min(side, width)];
  const [top, left] = [Math.round(y * (height - rows)), Math.round(x * (width - columns))];
  const data = new Uint8Array(image.data);
  for (let row = top; row < top + rows; row++) {
    data.fill(level, (row * width + left) * 3, (row * width + left + columns) * 3);
  }
  return { ...image, data };
}
