/**
 * Brightness as ImageNet-C's `brightness`: the V of hue, saturation and value moves by a fixed amount, hue and
 * saturation stay. V is the largest of red, green and blue, so a pixel is scaled by `V'/V`; black has no hue and turns
 * grey. ImageNet-C only brightens; a negative shift is its mirror image.
 */
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** @param shift added to V, which goes from 0 to 1 and is clipped to that; -1 to 1 */
export function shiftValue(image: Image, shift: number): Image {
  const { data } = image;
  const shifted = new Float64Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const value = Math.max(data[i]!, data[i + 1]!, data[i + 2]!);
    const wanted = Math.min(255, Math.max(0, value + 255 * shift));
    for (let c = i; c < i + 3; c++) shifted[c] = value === 0 ? wanted : (data[c]! * wanted) / value;
  }
  return { ...image, data: toPixels(shifted) };
}
