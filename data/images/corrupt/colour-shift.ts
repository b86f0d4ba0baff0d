/**
 * A white balance that is off towards warm light: red grows by a share, blue shrinks by the same, green stays; the
 * diagonal (von Kries) model of a change of illuminant, on the stored values. Unlike a turn of the hue it also colours
 * grey images. ImageNet-C has nothing like it.
 */
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** @param share that red gains and blue loses, 0 to 1 */
export function shiftColour(image: Image, share: number): Image {
  const { data } = image;
  const gains = [1 + share, 1, 1 - share];
  const shifted = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) shifted[i] = data[i]! * gains[i % 3]!;
  return { ...image, data: toPixels(shifted) };
}
