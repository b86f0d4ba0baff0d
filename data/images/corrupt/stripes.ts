/** Every other line darker, as with a field of an interlaced camera, or amplifiers of columns that differ. */
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** @param loss share of the light that the second, fourth, … row or column loses, 0 to 1 */
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
