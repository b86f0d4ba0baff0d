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
  const { height, width, data } = image;
  const across = new Float64Array(height * width * 3);
  const columns = sources(width, weights.length, border);
  for (let y = 0; y < height; y++) convolveRow(data, y * width * 3, columns, weights, across);
  return convolveColumns(across, width * 3, sources(height, down.length, border), down);
}

/** `[length, taps]`: the position that each tap reads at each position. */
function sources(length: number, taps: number, border: Border): Int32Array {
  const reach = (taps - 1) / 2;
  const inside = border === 'reflect' ? reflect : nearest;
  const from = new Int32Array(length * taps);
  for (let position = 0, i = 0; position < length; position++) {
    for (let tap = 0; tap < taps; tap++, i++) from[i] = inside(position + tap - reach, length);
  }
  return from;
}

/** The pixels of one row, which begins at `start`. */
function convolveRow(
  source: Uint8Array,
  start: number,
  from: Int32Array,
  weights: Float64Array,
  target: Float64Array,
): void {
  for (let i = 0, to = start; i < from.length; to += 3) {
    let [red, green, blue] = [0, 0, 0];
    for (let tap = 0; tap < weights.length; tap++, i++) {
      const weight = weights[tap]!;
      const read = start + from[i]! * 3;
      red += source[read]! * weight;
      green += source[read + 1]! * weight;
      blue += source[read + 2]! * weight;
    }
    target[to] = red;
    target[to + 1] = green;
    target[to + 2] = blue;
  }
}

/** All columns, which are `row` values wide together: a tap after the other, each for a whole row. */
function convolveColumns(source: Float64Array, row: number, from: Int32Array, weights: Float64Array): Float64Array {
  const target = new Float64Array(source.length);
  for (let i = 0, to = 0; i < from.length; to += row) {
    for (let tap = 0; tap < weights.length; tap++, i++) {
      const weight = weights[tap]!;
      const read = from[i]! * row;
      for (let lane = 0; lane < row; lane++) target[to + lane]! += source[read + lane]! * weight;
    }
  }
  return target;
}

function reflect(position: number, length: number): number {
  if (position < 0) return -position;
  return position < length ? position : 2 * (length - 1) - position;
}

function nearest(position: number, length: number): number {
  return Math.min(length - 1, Math.max(0, position));
}
