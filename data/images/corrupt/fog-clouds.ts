/**
 * Fog as ImageNet-C's `fog`: clouds of a plasma fractal (diamond-square, which wraps around), another in each image, are
 * added, and the sum is scaled back to the largest value of the image.
 */
import type { Random } from '../../../base/index.js';
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** How much less each finer step of the clouds varies. */
const DECAY = 2;
/** The side of the clouds of CIFAR-10-C; those of larger images have as many steps, and are as smooth. */
const LEAST_SIDE = 32;

/** @param strength what the thickest cloud adds, in units of pixel/255; CIFAR-10-C's five levels are 0.2 to 1.5 */
export function addClouds(image: Image, strength: number, random: Random): Image {
  const { height, width, data } = image;
  let side = LEAST_SIDE;
  while (side < Math.max(height, width)) side *= 2;
  const clouds = plasma(side, random);
  const largest = data.reduce((most, value) => Math.max(most, value), 0) / 255;
  const scale = largest === 0 ? 0 : largest / (largest + strength);
  const fogged = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    const cloud = clouds[Math.floor(pixel / width) * side + (pixel % width)]!;
    fogged[i] = (data[i]! + 255 * strength * cloud) * scale;
  }
  return { ...image, data: toPixels(fogged) };
}

/** `[side, side]`, from 0 to 1. @param side a power of two */
function plasma(side: number, random: Random): Float64Array {
  const map = new Float64Array(side * side);
  const at = (y: number, x: number) => ((y + side) % side) * side + ((x + side) % side);
  let wobble = 1;
  const mean = (a: number, b: number, c: number, d: number) =>
    (map[a]! + map[b]! + map[c]! + map[d]!) / 4 + wobble * (2 * random.uniform() - 1);
  for (let step = side; step >= 2; step /= 2, wobble /= DECAY) {
    const half = step / 2;
    for (let y = 0; y < side; y += step) {
      for (let x = 0; x < side; x += step) {
        map[at(y + half, x + half)] = mean(at(y, x), at(y + step, x), at(y, x + step), at(y + step, x + step));
      }
    }
    for (let y = 0; y < side; y += half) {
      for (let x = y % step === 0 ? half : 0; x < side; x += step) {
        map[at(y, x)] = mean(at(y - half, x), at(y + half, x), at(y, x - half), at(y, x + half));
      }
    }
  }
  const low = map.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = map.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return map.map((value) => (value - low) / (high - low));
}
