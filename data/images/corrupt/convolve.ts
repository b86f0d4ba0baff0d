import type { Image } from '../pixel-batch.js';
import { Scratch, toPixels } from './pixels.js';

/**
 * What stands beyond the border of a row `0 … n-1`: `reflect` …2 1 | 0 1 2 … n-2 n-1 | n-2 n-3…, defined for a reach
 * below n; `nearest` …0 0 | 0 1 2 … n-2 n-1 | n-1 n-1….
 */
export type Border = 'reflect' | 'nearest';

const [ACROSS, RESULT] = [new Scratch(), new Scratch()];

/** `weights`: an odd number of them. @returns `[height, width, 3]`, not rounded; valid until the next call */
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

/** How far a line of pixels reaches from a pixel: backwards and forwards, 0 or more. The pixel at its end may count in part. */
export interface Reach {
  before: number;
  after: number;
}

const [ALONG, ALL] = [new Scratch(), new Scratch()];

/** The mean of the pixels about each one, in a rectangle of any size, by running sums; edges repeat. */
export function runningMean(image: Image, across: Reach, down: Reach): Image {
  const { height, width, data } = image;
  let sums = ALONG.take(data.length);
  if (isStill(across)) sums.set(data);
  else for (let y = 0; y < height; y++) sumRow(data, y * width * 3, width, across, sums);
  if (!isStill(down)) sums = sumColumns(sums, width * 3, height, down);
  const pixels = (across.before + across.after + 1) * (down.before + down.after + 1);
  return { ...image, data: toPixels(sums, pixels) };
}

function isStill({ before, after }: Reach): boolean {
  return before === 0 && after === 0;
}

/** Whole pixels of a reach, and the part of the next one. */
function split(reach: number): [number, number] {
  return [Math.floor(reach), reach - Math.floor(reach)];
}

function sumRow(source: Uint8Array, start: number, width: number, reach: Reach, target: Float64Array): void {
  const [before, partBefore] = split(reach.before);
  const [after, partAfter] = split(reach.after);
  for (let channel = start; channel < start + 3; channel++) {
    const edge = channel + 3 * (width - 1);
    let sum = 0;
    for (let x = -before; x <= after; x++) sum += source[within(channel + 3 * x, channel, edge)]!;
    for (let x = 0, at = channel; x < width; x++, at += 3) {
      const next = source[within(at + 3 * (after + 1), channel, edge)]!;
      const last = source[within(at - 3 * (before + 1), channel, edge)]!;
      target[at] = sum + partBefore * last + partAfter * next;
      sum += next - source[within(at - 3 * before, channel, edge)]!;
    }
  }
}

function within(place: number, first: number, last: number): number {
  return place < first ? first : Math.min(place, last);
}

/** The same of all columns, which are `row` values wide together. */
function sumColumns(source: Float64Array, row: number, height: number, reach: Reach): Float64Array {
  const [before, partBefore] = split(reach.before);
  const [after, partAfter] = split(reach.after);
  const at = (y: number) => row * Math.min(height - 1, Math.max(0, y));
  const target = ALL.take(source.length);
  const sums = new Float64Array(row);
  for (let y = -before; y <= after; y++) {
    for (let lane = 0, from = at(y); lane < row; lane++) sums[lane]! += source[from + lane]!;
  }
  for (let y = 0; y < height; y++) {
    const [last, next, first, to] = [at(y - before - 1), at(y + after + 1), at(y - before), y * row];
    for (let lane = 0; lane < row; lane++) {
      const entering = source[next + lane]!;
      target[to + lane] = sums[lane]! + partBefore * source[last + lane]! + partAfter * entering;
      sums[lane]! += entering - source[first + lane]!;
    }
  }
  return target;
}
