/** Convolution of an image with a kernel along each axis, in float64; what lies beyond a border is made up from inside. */
import type { Image } from '../pixel-batch.js';
import { Scratch } from './scratch.js';

/**
 * What stands beyond the border of a row `0 … n-1`: `reflect` …2 1 | 0 1 2 … n-2 n-1 | n-2 n-3…, defined for a reach
 * below n; `nearest` …0 0 | 0 1 2 … n-2 n-1 | n-1 n-1….
 */
export type Border = 'reflect' | 'nearest';

const [ACROSS, RESULT] = [new Scratch(), new Scratch()];

/**
 * @param weights odd number of them, the middle one is for the pixel itself
 * @returns `[height, width, 3]`, row-major, not rounded; valid until the next call
 */
export function convolveSeparably(image: Image, weights: Float64Array, border: Border): Float64Array {
  const { height, width, data } = image;
  const row = 3 * width;
  const across = ACROSS.take(data.length).fill(0);
  const columns = sources(width, weights.length, border);
  const padded = new Float64Array(3 * (width + weights.length - 1));
  for (let y = 0; y < height; y++) {
    pad(data, y * row, columns, padded);
    addTaps(padded, (tap) => 3 * tap, weights, across, y * row, row);
  }
  const result = RESULT.take(data.length).fill(0);
  const rows = sources(height, weights.length, border);
  for (let y = 0; y < height; y++) {
    const from = (tap: number) => rows[y + tap]! * row;
    addTaps(across, from, weights, result, y * row, row);
  }
  return result;
}

/** `[length + taps - 1]`: the position that is read at each one, from the first that a tap reaches on. */
function sources(length: number, taps: number, border: Border): Int32Array {
  const reach = (taps - 1) / 2;
  const inside = border === 'reflect' ? reflect : nearest;
  return Int32Array.from({ length: length + taps - 1 }, (_, i) => inside(i - reach, length));
}

/** The pixels of one row, which begins at `start`, with what stands beyond its ends. */
function pad(source: Uint8Array, start: number, from: Int32Array, padded: Float64Array): void {
  for (let i = 0, to = 0; i < from.length; i++, to += 3) {
    const read = start + from[i]! * 3;
    padded[to] = source[read]!;
    padded[to + 1] = source[read + 1]!;
    padded[to + 2] = source[read + 2]!;
  }
}

/** Adds the taps of a whole row to it, four at a time: a row is read and written less often. @param from where a tap begins to read */
function addTaps(
  source: Float64Array,
  from: (tap: number) => number,
  weights: Float64Array,
  target: Float64Array,
  to: number,
  row: number,
): void {
  let tap = 0;
  for (; tap + 4 <= weights.length; tap += 4) {
    const [a, b, c, d] = [weights[tap]!, weights[tap + 1]!, weights[tap + 2]!, weights[tap + 3]!];
    const [i, j, k, l] = [from(tap), from(tap + 1), from(tap + 2), from(tap + 3)];
    for (let lane = 0; lane < row; lane++) {
      const two = target[to + lane]! + source[i + lane]! * a + source[j + lane]! * b;
      target[to + lane] = two + source[k + lane]! * c + source[l + lane]! * d;
    }
  }
  for (; tap < weights.length; tap++) {
    const [a, i] = [weights[tap]!, from(tap)];
    for (let lane = 0; lane < row; lane++) target[to + lane]! += source[i + lane]! * a;
  }
}

function reflect(position: number, length: number): number {
  if (position < 0) return -position;
  return position < length ? position : 2 * (length - 1) - position;
}

function nearest(position: number, length: number): number {
  return Math.min(length - 1, Math.max(0, position));
}
