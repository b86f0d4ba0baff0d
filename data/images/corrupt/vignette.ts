/** A lens that is darker at its edges: light falls off with the square of the distance from the middle. */
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** @param loss share of the light that the corners lose, 0 to 1 */
export function vignette(image: Image, loss: number): Image {
  const { height, width, data } = image;
  const changed = new Float64Array(data.length);
  for (let y = 0, i = 0; y < height; y++) {
    const down = fromMiddle(y, height);
    for (let x = 0; x < width; x++, i += 3) {
      const light = 1 - (loss * (down ** 2 + fromMiddle(x, width) ** 2)) / 2;
      for (let c = i; c < i + 3; c++) changed[c] = light * data[c]!;
    }
  }
  return { ...image, data: toPixels(changed) };
}

/** From -1 at the first pixel to 1 at the last. */
function fromMiddle(position: number, length: number): number {
  return length === 1 ? 0 : (2 * position) / (length - 1) - 1;
}
