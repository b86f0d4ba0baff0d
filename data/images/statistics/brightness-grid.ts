/**
 * How bright each of 8 × 8 parts of an image is. Over many images it shows what stands at one place: a stamp, a dark
 * corner, the sky.
 */
import { withChannels } from '../channels.js';
import type { Image } from '../pixel-batch.js';
import { smallPicture } from './perceptual-hash.js';

/** Parts in each direction. */
const PARTS = 8;

/** @param picture gray, square, its side a multiple of 8 @returns 128 hex digits: two for each part, row by row */
export function brightnessGrid(picture: Uint8Array): string {
  let digits = '';
  for (const level of partLevels(picture)) digits += level.toString(16).padStart(2, '0');
  return digits;
}

/** How bright each part of an image is, 0 to 255, row by row: the numbers of its grid. */
export function brightnessParts(image: Image): Uint8Array {
  const gray = withChannels({ rows: 1, ...image }, 1, '').data;
  return partLevels(smallPicture({ height: image.height, width: image.width, data: gray }));
}

function partLevels(picture: Uint8Array): Uint8Array {
  const width = Math.sqrt(picture.length);
  const side = width / PARTS;
  const levels = new Uint8Array(PARTS * PARTS);
  for (let part = 0; part < levels.length; part++) {
    const from = Math.floor(part / PARTS) * side * width + (part % PARTS) * side;
    let sum = 0;
    for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) sum += picture[from + y * width + x]!;
    levels[part] = Math.round(sum / side ** 2);
  }
  return levels;
}
