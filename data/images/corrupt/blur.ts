import { exp } from '../../../base/math/index.js';
import type { Image } from '../pixel-batch.js';
import { convolveSeparably, runningMean } from './convolve.js';
import { Scratch, toPixels } from './pixels.js';

/**
 * Gaussian blur as torchvision's `GaussianBlur` on a uint8 tensor: a sampled, normalised kernel, reflected borders (the
 * edge pixel is not repeated), rounded half to even. Summed in float64, torchvision's in float32: a value within
 * float32 rounding of a half may differ by a level.
 * @param kernel odd number of pixels @param sigma standard deviation, pixels
 * @throws RangeError when the kernel is even or reaches over the whole image
 */
export function gaussianBlur(image: Image, kernel: number, sigma: number): Image {
  const { height, width } = image;
  const reach = (kernel - 1) / 2;
  if (!Number.isInteger(reach) || reach < 0 || reach >= Math.min(height, width) || !(sigma > 0)) {
    throw new RangeError(`blur of kernel ${kernel}, sigma ${sigma} on an image of ${height} × ${width}`);
  }
  const blurred = convolveSeparably(image, gaussianKernel(kernel, sigma), 'reflect');
  return { height, width, data: toPixels(blurred) };
}

/** `exp(-x²/2σ²)` at whole pixels around the middle, adding up to 1. */
function gaussianKernel(size: number, sigma: number): Float64Array {
  const middle = (size - 1) / 2;
  const kernel = Float64Array.from({ length: size }, (_, i) => exp(-0.5 * ((i - middle) / sigma) ** 2));
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

/** How far left and above the square's middle lies: OpenCV's squares of even sides lie half a pixel off. */
export type Middle = 0 | 0.5;

/**
 * The mean of a square as Pillow's `BoxBlur`, the outermost pixels in part, edges repeated; Pillow's integers may
 * differ by a level.
 * @param radius pixels, above 0, at least `middle`: the square has 2 · radius + 1 pixels a side
 */
export function boxBlur(image: Image, radius: number, middle: Middle = 0): Image {
  const reach = { before: radius + middle, after: radius - middle };
  return runningMean(image, reach, reach);
}

const STILL = { before: 0, after: 0 };

/**
 * The mean of a line of pixels about each one; edges repeat. @param length pixels, above 1 @param middle of the line
 */
export function motionBlur(image: Image, length: number, direction: 'across' | 'down', middle: Middle = 0): Image {
  const reach = { before: (length - 1) / 2 + middle, after: (length - 1) / 2 - middle };
  return direction === 'across' ? runningMean(image, reach, STILL) : runningMean(image, STILL, reach);
}

const TRUNCATE = 4;

/**
 * ImageNet-C's `gaussian_blur`: scikit-image's `filters.gaussian` as of then: a kernel cut off at 4 σ, the edge pixel
 * repeated, so that any σ fits any image. @param sigma standard deviation, pixels, above 0
 */
export function defocus(image: Image, sigma: number): Image {
  const reach = Math.floor(TRUNCATE * sigma + 0.5);
  const blurred = convolveSeparably(image, gaussianKernel(2 * reach + 1, sigma), 'nearest');
  return { ...image, data: toPixels(blurred) };
}

const POINTS = 8;
const SUMS = new Scratch();

/**
 * Blur of a lens out of focus: the mean of a disk of `radius` pixels; edges repeat. A pixel at its rim counts with the
 * share of 8 × 8 points of it that lie inside.
 */
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

/** `SMOOTH`: ones, and five in the middle. */
const [CENTRE, TOTAL] = [5, 13];

/**
 * Sharpening as Pillow's `ImageEnhance.Sharpness`: away from the image smoothed by `ImageFilter.SMOOTH`, whose
 * outermost pixels stay. Pillow cuts the smoothed values: a value may differ by a level times the factor.
 * @param factor 0 smoothed, 1 unchanged, above 1 sharper
 */
export function sharpen(image: Image, factor: number): Image {
  const { height, width, data } = image;
  const row = 3 * width;
  const changed = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) changed[i] = data[i]!;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      let sum = (CENTRE - 1) * data[i]!;
      for (let line = i - row; line <= i + row; line += row) sum += data[line - 3]! + data[line]! + data[line + 3]!;
      const smooth = Math.floor(sum / TOTAL + 0.5);
      changed[i] = smooth + factor * (data[i]! - smooth);
    }
  }
  return { ...image, data: toPixels(changed) };
}
