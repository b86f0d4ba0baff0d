/** Changes of single values: each level of 0 to 255 has one level that it becomes, in all channels or in each its own. */
import type { Image } from '../pixel-batch.js';

const LEVELS = 256;

/** @param change of a level, clipped and rounded to the nearest one; `channel` 0 red, 1 green, 2 blue */
export function throughTable(image: Image, change: (level: number, channel: number) => number): Image {
  const { data } = image;
  const table = new Uint8ClampedArray(3 * LEVELS);
  for (let channel = 0; channel < 3; channel++) {
    for (let level = 0; level < LEVELS; level++) table[channel * LEVELS + level] = change(level, channel);
  }
  const changed = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    changed[i] = table[data[i]!]!;
    changed[i + 1] = table[LEVELS + data[i + 1]!]!;
    changed[i + 2] = table[2 * LEVELS + data[i + 2]!]!;
  }
  return { ...image, data: changed };
}
