/**
 * Blur of a lens out of focus: the mean of a disk about each pixel. A pixel at its rim counts with the share of 8 × 8
 * points of it that lie inside. Edges repeat.
 */
import type { Image } from '../pixel-batch.js';
import { toPixels } from './to-pixels.js';

/** Points of a pixel, each way. */
const POINTS = 8;

/** @param radius pixels, above 0 */
export function diskBlur(image: Image, radius: number): Image {
  const { height, width, data } = image;
  const kernel = diskKernel(radius);
  const blurred = new Float64Array(data.length);
  for (const { dx, dy, weight } of kernel) {
    for (let y = 0, to = 0; y < height; y++) {
      const row = Math.min(height - 1, Math.max(0, y + dy)) * width;
      for (let x = 0; x < width; x++, to += 3) {
        const from = (row + Math.min(width - 1, Math.max(0, x + dx))) * 3;
        blurred[to]! += weight * data[from]!;
        blurred[to + 1]! += weight * data[from + 1]!;
        blurred[to + 2]! += weight * data[from + 2]!;
      }
    }
  }
  return { ...image, data: toPixels(blurred) };
}

function diskKernel(radius: number): { dx: number; dy: number; weight: number }[] {
  const reach = Math.ceil(radius - 0.5);
  const places = Array.from({ length: (2 * reach + 1) ** 2 }, (_, i) => {
    const [dx, dy] = [(i % (2 * reach + 1)) - reach, Math.floor(i / (2 * reach + 1)) - reach];
    return { dx, dy, weight: pointsInside(dx, dy, radius) };
  }).filter(({ weight }) => weight > 0);
  const sum = places.reduce((total, { weight }) => total + weight, 0);
  return places.map((place) => ({ ...place, weight: place.weight / sum }));
}

function pointsInside(dx: number, dy: number, radius: number): number {
  let inside = 0;
  for (let i = 0; i < POINTS ** 2; i++) {
    const x = dx - 0.5 + ((i % POINTS) + 0.5) / POINTS;
    const y = dy - 0.5 + (Math.floor(i / POINTS) + 0.5) / POINTS;
    if (x ** 2 + y ** 2 <= radius ** 2) inside++;
  }
  return inside;
}
