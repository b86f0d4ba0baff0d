/**
 * Values that are lost: `values` as ImageNet-C's `impulse_noise` (scikit-image's `random_noise` of mode `s&p`), each value
 * of its own, `pixels` whole pixels of an image, `dead` the same pixels in all images. Half of them are black, half full.
 */
import { Random } from '../../../base/index.js';
import type { Image } from '../pixel-batch.js';

/** The draws that say which pixels are dead; another camera has others. */
const DEAD = 4_711;

/** @param share of the values, or pixels, 0 to 1 */
export function impulseNoise(image: Image, share: number, kind: 'values' | 'pixels' | 'dead', random: Random): Image {
  const draws = kind === 'dead' ? new Random(DEAD) : random;
  const size = kind === 'values' ? 1 : 3;
  const data = new Uint8Array(image.data);
  for (let i = 0; i < data.length; i += size) {
    const drawn = draws.uniform();
    if (drawn < share) data.fill(drawn < share / 2 ? 0 : 255, i, i + size);
  }
  return { ...image, data };
}
