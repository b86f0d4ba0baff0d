/** Every other line darker, as with a field of an interlaced camera, or amplifiers of columns that differ. */
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** @param loss share of the light that the second, fourth, … row or column loses, 0 to 1 */
export function addStripes(image: Image, loss: number, along: 'rows' | 'columns'): Image {
  const { width, data } = image;
  const changed = Float64Array.from(data, (value, i) => {
    const pixel = Math.floor(i / 3);
    const line = along === 'rows' ? Math.floor(pixel / width) : pixel % width;
    return line % 2 === 1 ? (1 - loss) * value : value;
  });
  return { ...image, data: toPixels(changed) };
}
