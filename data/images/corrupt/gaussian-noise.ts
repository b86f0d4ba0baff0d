/**
 * Gaussian noise as ImageNet-C defines it (Hendrycks and Dietterich, ICLR 2019): `x/255 + N(0, σ)`, independent for
 * every pixel and channel, clipped to 0 to 1. Rounded to the nearest level, where ImageNet-C's script cuts.
 */
import type { Random } from '../../../base/index.js';
import type { Image } from '../pixel-batch.js';

/** @param sigma standard deviation, in units of pixel/255; ImageNet-C's five levels are 0.08 to 0.38 */
export function gaussianNoise(image: Image, sigma: number, random: Random): Image {
  if (!(sigma >= 0 && sigma < Number.POSITIVE_INFINITY)) throw new RangeError(`noise of sigma ${sigma}`);
  const data = new Uint8Array(image.data.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.round(Math.min(255, Math.max(0, image.data[i]! + 255 * sigma * random.normal())));
  }
  return { ...image, data };
}

/** The same for all channels of a pixel, as of a camera of gray images. */
export function grayNoise(image: Image, sigma: number, random: Random): Image {
  const data = new Uint8Array(image.data.length);
  for (let i = 0; i < data.length; i += 3) {
    const noise = 255 * sigma * random.normal();
    for (let c = i; c < i + 3; c++) data[c] = Math.round(Math.min(255, Math.max(0, image.data[c]! + noise)));
  }
  return { ...image, data };
}
