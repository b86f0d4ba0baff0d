/**
 * Brightness and contrast as torchvision's `adjust_brightness` and `adjust_contrast` on a uint8 tensor: a blend in
 * float32 between the image and black, or its mean gray, clamped to 0 to 255 and cut (not rounded) to whole levels.
 */
import type { Image } from '../pixel-batch.js';
import { throughTable } from './through-table.js';

/** @param factor 0 black, 1 unchanged, above 1 brighter */
export function adjustBrightness(image: Image, factor: number): Image {
  return blend(image, 0, factor);
}

/** @param factor 0 the mean gray everywhere, 1 unchanged, above 1 more contrast */
export function adjustContrast(image: Image, factor: number): Image {
  return blend(image, meanGray(image), factor);
}

/** `factor · pixel + (1 - factor) · other`. */
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
