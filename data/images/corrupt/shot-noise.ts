/** Noise of few photons, as ImageNet-C's `shot_noise`: `Poisson(x / 255 · photons) / photons`, each value its own draw. */
import type { Random } from '../../../base/index.js';
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** From this mean on a rounded normal draw is taken: its distribution function is less than 0.01 off. */
const LARGE = 30;
const LEVELS = 256;

/** @param photons of a white value; ImageNet-C's five levels are 60 to 3 */
export function shotNoise(image: Image, photons: number, random: Random): Image {
  const tables = photonTables(photons);
  const noisy = new Float64Array(image.data.length);
  for (let i = 0; i < noisy.length; i++) {
    const level = image.data[i]!;
    const table = tables[level]!;
    noisy[i] = (255 * (table === null ? many((level / 255) * photons, random) : few(table, random))) / photons;
  }
  return { ...image, data: toPixels(noisy) };
}

type Tables = readonly (Float64Array | null)[];

/** Those of the last call: many images in a row have the same noise. */
let last: { photons: number; tables: Tables } | null = null;

function photonTables(photons: number): Tables {
  if (last?.photons !== photons) {
    last = { photons, tables: Array.from({ length: LEVELS }, (_, level) => photonTable((level / 255) * photons)) };
  }
  return last.tables;
}

function many(mean: number, random: Random): number {
  return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
}

/** By inversion of one uniform draw. @param upTo the probabilities of at most 0, 1, 2, … */
function few(upTo: Float64Array, random: Random): number {
  const drawn = random.uniform();
  let [low, high] = [0, upTo.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (drawn < upTo[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** For `few`, as far as float64 tells it from 1; null for a large mean. */
function photonTable(mean: number): Float64Array | null {
  if (mean >= LARGE) return null;
  const upTo: number[] = [];
  let [chance, sum] = [Math.exp(-mean), 0];
  for (let count = 1; count < 10 * LARGE; count++) {
    sum += chance;
    upTo.push(sum);
    if (sum + chance === sum && count > mean) break;
    chance *= mean / count;
  }
  return Float64Array.from(upTo);
}
