/** Contrast as ImageNet-C's `contrast`: every channel drawn towards its own mean, `mean + factor · (pixel - mean)`. */
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** @param factor 0 the mean everywhere, 1 unchanged */
export function scaleContrast(image: Image, factor: number): Image {
  const { data } = image;
  const means = [0, 0, 0];
  for (let i = 0; i < data.length; i++) means[i % 3]! += data[i]! / (data.length / 3);
  const scaled = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) scaled[i] = means[i % 3]! + factor * (data[i]! - means[i % 3]!);
  return { ...image, data: toPixels(scaled) };
}
