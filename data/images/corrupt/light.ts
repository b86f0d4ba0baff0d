/** Changes of light that are the same for all pixels: a factor, contrast about the middle, a veil, channels that gain. */
import type { Image } from '../pixel-batch.js';
import { throughTable } from './through-table.js';

/** Middle gray. */
const MIDDLE = 128;
/** How bright the veil of fog is. */
const VEIL = 230;

/** @param factor 0 black, 1 unchanged, above 1 brighter; rounded, where torchvision and Pillow cut */
export function multiply(image: Image, factor: number): Image {
  return throughTable(image, (level) => factor * level);
}

/** @param factor 0 middle gray everywhere, 1 unchanged, above 1 more contrast */
export function contrastAboutMiddle(image: Image, factor: number): Image {
  return throughTable(image, (level) => MIDDLE + factor * (level - MIDDLE));
}

/** @param share of light that comes from the veil, 0 to 1 */
export function veil(image: Image, share: number): Image {
  return throughTable(image, (level) => (1 - share) * level + share * VEIL);
}

/** @param gains factors of red, green and blue */
export function multiplyChannels(image: Image, gains: readonly [number, number, number]): Image {
  return throughTable(image, (level, channel) => gains[channel]! * level);
}

export function invert(image: Image): Image {
  return throughTable(image, (level) => 255 - level);
}
