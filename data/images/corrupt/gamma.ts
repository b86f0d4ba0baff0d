/** Another tone curve: `255 · (pixel / 255)^γ`, rounded to the nearest level. */
import type { Image } from '../pixel-batch.js';
import { throughTable } from './through-table.js';

/** @param gamma below 1 brighter, 1 unchanged, above 1 darker */
export function applyGamma(image: Image, gamma: number): Image {
  return throughTable(image, (level) => 255 * (level / 255) ** gamma);
}
