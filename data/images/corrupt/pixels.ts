import type { Image } from '../pixel-batch.js';

/**
 * Computed values as whole pixel levels: clipped to 0 to 255 and rounded, half to even, as `numpy.rint` does.
 * ImageNet-C's scripts cut instead (`numpy.uint8`), which makes every image half a level darker on top of what is
 * asked for.
 */
export function toPixels(values: Float64Array, divisor = 1): Uint8Array {
  const pixels = new Uint8ClampedArray(values.length);
  // Value by value: making the array of the other takes several times as long.
  for (let i = 0; i < values.length; i++) pixels[i] = values[i]! / divisor;
  return new Uint8Array(pixels.buffer);
}

const LEVELS = 256;

/** Each level of 0 to 255 becomes another. @param change is clipped and rounded; `channel` 0 red, 1 green, 2 blue */
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

/** Room for the values of one image, used again and again: for a large image, an array costs more to make than to fill. */
export class Scratch {
  #room = new Float64Array(0);

  /** Not cleared, and valid until the next call. */
  take(length: number): Float64Array {
    if (this.#room.length < length) this.#room = new Float64Array(length);
    return this.#room.subarray(0, length);
  }
}
