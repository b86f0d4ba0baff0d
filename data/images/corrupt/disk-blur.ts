/**
 * Blur of a lens out of focus: the mean of a disk about each pixel. A pixel at its rim counts with the share of 8 × 8
 * points of it that lie inside. Edges repeat.
 */
import type { Image } from '../pixel-batch.js';
import { Scratch } from './scratch.js';
import { toPixels } from './to-pixels.js';

/** Points of a pixel, each way. */
const POINTS = 8;
const SUMS = new Scratch();

/** @param radius pixels, above 0 */
export function diskBlur(image: Image, radius: number): Image {
  const { height, width, data } = image;
  const chords = diskChords(radius);
  const reach = chords.length - 1;
  const row = 3 * width;
  const sums = SUMS.take(data.length).fill(0);
  const line = new LineSums(width, reach);
  const ofChords = chords.map(() => new Float64Array(row));
  let looked = -1;
  for (let y = -reach; y < height + reach; y++) {
    const from = Math.min(height - 1, Math.max(0, y));
    if (from !== looked) {
      line.read(data.subarray(from * row, (from + 1) * row));
      for (const [dy, chord] of chords.entries()) line.sum(chord, ofChords[dy]!);
      looked = from;
    }
    for (const [dy, values] of ofChords.entries()) {
      if (y - dy >= 0 && y - dy < height) add(values, sums, (y - dy) * row);
      if (dy > 0 && y + dy >= 0 && y + dy < height) add(values, sums, (y + dy) * row);
    }
  }
  const points = chords.reduce((sum, chord, dy) => sum + (dy === 0 ? 1 : 2) * pointsOf(chord), 0);
  return { ...image, data: toPixels(sums, points) };
}

/** One line of pixels of a disk, which is the same to both sides. */
interface Chord {
  /** How far pixels lie wholly inside; -1 where none does. */
  whole: number;
  /** Pixels further out, and how many points of each lie inside. */
  rim: { dx: number; points: number }[];
}

/** From the line through the middle to the outermost one. */
function diskChords(radius: number): Chord[] {
  const reach = Math.max(0, Math.ceil(radius - 0.5));
  const counts = Array.from({ length: reach + 1 }, (_, dy) =>
    Array.from({ length: reach + 1 }, (__, dx) => pointsInside(dx, dy, radius)),
  );
  return counts.map((points) => {
    const outside = points.findIndex((count) => count < POINTS ** 2);
    const whole = (outside < 0 ? points.length : outside) - 1;
    return { whole, rim: points.flatMap((count, dx) => (dx > whole && count > 0 ? [{ dx, points: count }] : [])) };
  });
}

function pointsOf({ whole, rim }: Chord): number {
  const outer = rim.reduce((sum, { dx, points }) => sum + (dx === 0 ? 1 : 2) * points, 0);
  return outer + (whole < 0 ? 0 : (2 * whole + 1) * POINTS ** 2);
}

/** Sums along one line of an image, whose pixels at the ends repeat. */
class LineSums {
  readonly #reach: number;
  readonly #pixels: Int32Array;
  /** `[pixels + 1, 3]`: of all pixels before. */
  readonly #before: Int32Array;

  constructor(width: number, reach: number) {
    this.#reach = reach;
    this.#pixels = new Int32Array(3 * (width + 2 * reach));
    this.#before = new Int32Array(this.#pixels.length + 3);
  }

  read(row: Uint8Array): void {
    const edge = 3 * this.#reach;
    const [pixels, before] = [this.#pixels, this.#before];
    for (let i = 0; i < row.length; i++) pixels[edge + i] = row[i]!;
    for (let i = 0; i < edge; i++) {
      pixels[i] = row[i % 3]!;
      pixels[edge + row.length + i] = row[row.length - 3 + (i % 3)]!;
    }
    for (let i = 0; i < pixels.length; i++) before[i + 3] = before[i]! + pixels[i]!;
  }

  /** @param to `[width, 3]`: for each pixel the sum over the points of a chord about it */
  sum({ whole, rim }: Chord, to: Float64Array): void {
    const [pixels, before, middle] = [this.#pixels, this.#before, 3 * this.#reach];
    const [first, last] = whole < 0 ? [0, 0] : [middle - 3 * whole, middle + 3 * (whole + 1)];
    for (let i = 0; i < to.length; i++) to[i] = POINTS ** 2 * (before[i + last]! - before[i + first]!);
    for (const { dx, points } of rim) {
      const [left, right, weight] = [middle - 3 * dx, middle + 3 * dx, dx === 0 ? points / 2 : points];
      for (let i = 0; i < to.length; i++) to[i]! += weight * (pixels[i + left]! + pixels[i + right]!);
    }
  }
}

function add(values: Float64Array, to: Float64Array, from: number): void {
  for (let i = 0; i < values.length; i++) to[from + i]! += values[i]!;
}

/** How many points of the pixel that lies so far from the middle of a disk are inside. */
function pointsInside(dx: number, dy: number, radius: number): number {
  let inside = 0;
  for (let i = 0; i < POINTS ** 2; i++) {
    const x = dx - 0.5 + ((i % POINTS) + 0.5) / POINTS;
    const y = dy - 0.5 + (Math.floor(i / POINTS) + 0.5) / POINTS;
    if (x ** 2 + y ** 2 <= radius ** 2) inside++;
  }
  return inside;
}
