/**
 * Sharpening as Pillow's `ImageEnhance.Sharpness`: away from the image smoothed by `ImageFilter.SMOOTH`, whose outermost
 * pixels stay as they are. Pillow cuts the smoothed values, so a value may differ by a level times the factor.
 */
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** `SMOOTH`: ones, and five in the middle. */
const [CENTRE, TOTAL] = [5, 13];

/** @param factor 0 smoothed, 1 unchanged, above 1 sharper */
export function sharpen(image: Image, factor: number): Image {
  const { height, width, data } = image;
  const row = 3 * width;
  const changed = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) changed[i] = data[i]!;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      let sum = (CENTRE - 1) * data[i]!;
      for (let line = i - row; line <= i + row; line += row) sum += data[line - 3]! + data[line]! + data[line + 3]!;
      const smooth = Math.floor(sum / TOTAL + 0.5);
      changed[i] = smooth + factor * (data[i]! - smooth);
    }
  }
  return { ...image, data: toPixels(changed) };
}
