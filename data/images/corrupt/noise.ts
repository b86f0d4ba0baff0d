import { Random } from '../../../base/index.js';
import { exp } from '../../../base/math/index.js';
import type { Image } from '../pixel-batch.js';
import { toPixels } from './pixels.js';

/**
 * ImageNet-C's Gaussian noise: `x/255 + N(0, σ)` for every value, clipped to 0 to 1, rounded where its script cuts.
 * @param sigma standard deviation, in units of pixel/255; ImageNet-C's five levels are 0.08 to 0.38
 */
export function gaussianNoise(image: Image, sigma: number, random: Random): Image {
  if (!(sigma >= 0 && sigma < Number.POSITIVE_INFINITY)) throw new RangeError(`noise of sigma ${sigma}`);
  return withNoise(image, 1, () => 255 * sigma * random.normal());
}

/** The same for all channels of a pixel, as of a camera of gray images. */
export function grayNoise(image: Image, sigma: number, random: Random): Image {
  return withNoise(image, 3, () => 255 * sigma * random.normal());
}

/** @param size values that have the same noise */
function withNoise(image: Image, size: number, draw: () => number): Image {
  const data = new Uint8Array(image.data.length);
  for (let i = 0; i < data.length; i += size) {
    const noise = draw();
    for (let c = i; c < i + size; c++) data[c] = Math.round(Math.min(255, Math.max(0, image.data[c]! + noise)));
  }
  return { ...image, data };
}

/** From this mean on a rounded normal draw is taken: its distribution function is less than 0.01 off. */
const LARGE = 30;
const LEVELS = 256;

/** ImageNet-C's `shot_noise`: `Poisson(x / 255 · photons) / photons`. @param photons of white; five levels: 60 to 3 */
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
  let [chance, sum] = [exp(-mean), 0];
  for (let count = 1; count < 10 * LARGE; count++) {
    sum += chance;
    upTo.push(sum);
    if (sum + chance === sum && count > mean) break;
    chance *= mean / count;
  }
  return Float64Array.from(upTo);
}

/** The draws that say which pixels are dead; another camera has others. */
const DEAD = 4_711;

/**
 * ImageNet-C's `impulse_noise` (scikit-image's `s&p`): `values` one by one, `pixels` whole ones, `dead` the same pixels
 * in all images. Half turn black, half full. The strength is their share, 0 to 1.
 */
export function impulseNoise(kind: 'values' | 'pixels' | 'dead') {
  const size = kind === 'values' ? 1 : 3;
  return (image: Image, share: number, random: Random): Image => {
    const draws = kind === 'dead' ? new Random(DEAD) : random;
    const data = new Uint8Array(image.data);
    for (let i = 0; i < data.length; i += size) {
      const drawn = draws.uniform();
      if (drawn < share) data.fill(drawn < share / 2 ? 0 : 255, i, i + size);
    }
    return { ...image, data };
  };
}
