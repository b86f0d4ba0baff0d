/** Changes of single values: each level of 0 to 255 has one level that it becomes, in all channels or in each its own. */
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** @param change of a level, clipped and rounded to the nearest one; `channel` 0 red, 1 green, 2 blue */
export function throughTable(image: Image, change: (level: number, channel: number) => number): Image {
  const tables = [0, 1, 2].map((channel) =>
    toPixels(Float64Array.from({ length: 256 }, (_, level) => change(level, channel))),
  );
  const data = new Uint8Array(image.data.length);
  for (let i = 0; i < data.length; i++) data[i] = tables[i % 3]![image.data[i]!]!;
  return { ...image, data };
}
