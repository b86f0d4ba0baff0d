import type { Random } from '../../../base/index.js';
import { pow } from '../../../base/math/index.js';
import type { Image } from '../pixel-batch.js';
import { throughTable, toPixels } from './pixels.js';

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

/**
 * torchvision's `adjust_brightness` and `adjust_contrast` on uint8: a float32 blend with black, or the mean gray,
 * clamped to 0 to 255 and cut (not rounded). @param factor 0 black, 1 unchanged, above 1 brighter
 */
export function adjustBrightness(image: Image, factor: number): Image {
  return blend(image, 0, factor);
}

/** @param factor 0 the mean gray everywhere, 1 unchanged, above 1 more contrast */
export function adjustContrast(image: Image, factor: number): Image {
  return blend(image, meanGray(image), factor);
}

function blend(image: Image, other: number, factor: number): Image {
  if (!(factor >= 0 && factor < Number.POSITIVE_INFINITY)) throw new RangeError(`a factor of ${factor}`);
  const scale = Math.fround(factor);
  const offset = Math.fround(Math.fround(1 - factor) * Math.fround(other));
  return throughTable(image, (level) => {
    const value = Math.fround(Math.fround(scale * level) + offset);
    return Math.trunc(Math.min(255, Math.max(0, value)));
  });
}

/** Mean of torchvision's `rgb_to_grayscale` (ITU-R 601 weights, cut to whole levels). */
function meanGray(image: Image): number {
  const pixels = image.height * image.width;
  let sum = 0;
  for (let i = 0; i < pixels * 3; i += 3) {
    const [red, green, blue] = [image.data[i]!, image.data[i + 1]!, image.data[i + 2]!];
    const colours = Math.fround(Math.fround(0.2989 * red) + Math.fround(0.587 * green));
    sum += Math.trunc(Math.fround(colours + Math.fround(0.114 * blue)));
  }
  return sum / pixels;
}

/** `255 · (pixel / 255)^γ`, rounded to the nearest level. @param gamma below 1 brighter, 1 unchanged, above 1 darker */
export function applyGamma(image: Image, gamma: number): Image {
  return throughTable(image, (level) => 255 * pow(level / 255, gamma));
}

/**
 * ImageNet-C's `brightness`: V of hue, saturation and value moves, hue and saturation stay. A pixel is scaled by
 * `V'/V`; black has no hue and turns grey. ImageNet-C only brightens; a negative shift is its mirror image.
 * @param shift added to V, which is clipped to 0 to 1; -1 to 1
 */
export function shiftValue(image: Image, shift: number): Image {
  const { data } = image;
  const shifted = new Float64Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const value = Math.max(data[i]!, data[i + 1]!, data[i + 2]!);
    const wanted = Math.min(255, Math.max(0, value + 255 * shift));
    for (let c = i; c < i + 3; c++) shifted[c] = value === 0 ? wanted : (data[c]! * wanted) / value;
  }
  return { ...image, data: toPixels(shifted) };
}

/** Light falls off with the square of the distance from the middle. @param loss share that the corners lose, 0 to 1 */
export function vignette(image: Image, loss: number): Image {
  const { height, width, data } = image;
  const changed = new Float64Array(data.length);
  for (let y = 0, i = 0; y < height; y++) {
    const down = fromMiddle(y, height);
    for (let x = 0; x < width; x++, i += 3) {
      const light = 1 - (loss * (down ** 2 + fromMiddle(x, width) ** 2)) / 2;
      for (let c = i; c < i + 3; c++) changed[c] = light * data[c]!;
    }
  }
  return { ...image, data: toPixels(changed) };
}

/** From -1 at the first pixel to 1 at the last. */
function fromMiddle(position: number, length: number): number {
  return length === 1 ? 0 : (2 * position) / (length - 1) - 1;
}

/** How much less each finer step of the clouds varies. */
const DECAY = 2;
/** The side of the clouds of CIFAR-10-C; those of larger images have as many steps, and are as smooth. */
const LEAST_SIDE = 32;

/**
 * ImageNet-C's `fog`: clouds of a plasma fractal (diamond-square, which wraps around), another in each image, are
 * added, and the sum is scaled back to the image's largest value. @param strength of the thickest cloud, in pixel/255;
 * CIFAR-10-C: 0.2 to 1.5
 */
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
