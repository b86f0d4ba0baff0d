/** Noise of few photons, as ImageNet-C's `shot_noise`: `Poisson(x / 255 · photons) / photons`, each value its own draw. */
import type { Random } from '../../../random/index.js';
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** From this mean on a rounded normal draw is taken: its distribution function is less than 0.01 off. */
const LARGE = 30;

/** @param photons of a white value; ImageNet-C's five levels are 60 to 3 */
export function shotNoise(image: Image, photons: number, random: Random): Image {
  const noisy = Float64Array.from(image.data, (pixel) => (255 * poisson((pixel / 255) * photons, random)) / photons);
  return { ...image, data: toPixels(noisy) };
}

/** By inversion of one uniform draw, or normal. */
function poisson(mean: number, random: Random): number {
  if (mean >= LARGE) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  let left = random.uniform();
  let chance = Math.exp(-mean);
  let count = 0;
  while (left > chance && count < 10 * LARGE) {
    left -= chance;
    chance *= mean / ++count;
  }
  return count;
}
