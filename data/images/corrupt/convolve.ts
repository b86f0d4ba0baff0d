/** Convolution of an image with a kernel along each axis, in float64; what lies beyond a border is made up from inside. */
import type { Image } from '../pixel-batch.js';

/**
 * What stands beyond the border of a row `0 … n-1`: `reflect` …2 1 | 0 1 2 … n-2 n-1 | n-2 n-3…, defined for a reach
 * below n; `nearest` …0 0 | 0 1 2 … n-2 n-1 | n-1 n-1….
 */
export type Border = 'reflect' | 'nearest';

/**
 * @param weights odd number of them, the middle one is for the pixel itself; along rows
 * @param down those along columns; default: the same
 * @returns `[height, width, 3]`, row-major, not rounded
 */
export function convolveSeparably(
  image: Image,
  weights: Float64Array,
  border: Border,
  down: Float64Array = weights,
): Float64Array {
  const { height, width } = image;
  const row = width * 3;
  const across = new Float64Array(height * row);
  const columns = sources(width, weights.length, border);
  for (let y = 0; y < height; y++) convolve(image.data, y * row, 3, columns, 3, weights, across);
  const result = new Float64Array(height * row);
  convolve(across, 0, row, sources(height, down.length, border), row, down, result);
  return result;
}

/** `[length, taps]`: the position that each tap reads at each position. */
function sources(length: number, taps: number, border: Border): Int32Array {
  const reach = (taps - 1) / 2;
  const inside = border === 'reflect' ? reflect : nearest;
  return Int32Array.from({ length: length * taps }, (_, i) =>
    inside(Math.floor(i / taps) + (i % taps) - reach, length),
  );
}

/** Along one axis of positions `step` apart from `start`; `lanes` neighbouring values at each position. */
function convolve(
  source: Uint8Array | Float64Array,
  start: number,
  step: number,
  from: Int32Array,
  lanes: number,
  weights: Float64Array,
  target: Float64Array,
): void {
  const taps = weights.length;
  for (let i = 0; i < from.length; i++) {
    const weight = weights[i % taps]!;
    const read = start + from[i]! * step;
    const write = start + Math.floor(i / taps) * step;
    for (let lane = 0; lane < lanes; lane++) target[write + lane]! += source[read + lane]! * weight;
  }
}

function reflect(position: number, length: number): number {
  if (position < 0) return -position;
  return position < length ? position : 2 * (length - 1) - position;
}

function nearest(position: number, length: number): number {
  return Math.min(length - 1, Math.max(0, position));
}
