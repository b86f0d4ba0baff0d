/** Contrast as ImageNet-C's `contrast`: every channel drawn towards its own mean, `mean + factor · (pixel - mean)`. */
import type { Image } from '../pixel-batch.js';
import { throughTable } from './through-table.js';

/** @param factor 0 the mean everywhere, 1 unchanged */
export function scaleContrast(image: Image, factor: number): Image {
  const { data } = image;
  const means = [0, 0, 0];
  for (let channel = 0; channel < 3; channel++) {
    for (let i = channel; i < data.length; i += 3) means[channel]! += data[i]! / (data.length / 3);
  }
  return throughTable(image, (level, channel) => means[channel]! + factor * (level - means[channel]!));
}
