/** The mean of the pixels about each one, in a rectangle of any size, by running sums; edges repeat. */
import type { Image } from '../pixel-batch.js';
import { Scratch } from './scratch.js';
import { toPixels } from './to-pixels.js';

/** How far a line of pixels reaches from a pixel: backwards and forwards, 0 or more. The pixel at its end may count in part. */
export interface Reach {
  before: number;
  after: number;
}

const [ALONG, ALL] = [new Scratch(), new Scratch()];

/** Each pixel becomes the mean of a rectangle about it. */
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

/** The sums about the pixels of one row, which begins at `start`. */
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
