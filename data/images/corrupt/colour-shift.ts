/**
 * A white balance that is off towards warm light: red grows by a share, blue shrinks by the same, green stays; the
 * diagonal (von Kries) model of a change of illuminant, on the stored values. Unlike a turn of the hue it also colours
 * grey images. ImageNet-C has nothing like it.
 */
import type { Image } from '../pixel-batch.js';
import { throughTable } from './through-table.js';

/** @param share that red gains and blue loses, 0 to 1 */
export function shiftColour(image: Image, share: number): Image {
  const gains = [1 + share, 1, 1 - share];
  return throughTable(image, (level, channel) => gains[channel]! * level);
}
