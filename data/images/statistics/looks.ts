import { type Image, imagesOf, type PixelBatch, withChannels } from '../pixel-batch.js';
import { type GrayImage, resizeGray, resizeImage } from '../resize/resize.js';
import { brightnessPercentiles } from './brightness-percentiles.js';
import { looksKernel } from './kernel/looks-kernel.js';

/**
 * The looks of one image.
 *
 * @example
 * ```ts
 * import { type ImageLook, imageLooks } from 'image-drift/data';
 *
 * const black = { rows: 1, height: 2, width: 2, data: new Uint8Array(12) };
 * const [look] = imageLooks(black) as [ImageLook];
 * console.log(look.dark < 0.32); // true
 * ```
 */
export interface ImageLook extends CheckScores {
  /** 16 hex digits, equal to `imagehash.phash` in Python. */
  phash: string;
  /** How bright each of 8 × 8 parts is: 128 hex digits, row by row. */
  grid: string;
}

/**
 * The looks of each image of a batch. Equal pixels have equal looks.
 *
 * @returns `[rows]`
 *
 * @example
 * ```ts
 * import { imageLooks } from 'image-drift/data';
 *
 * const white = { rows: 1, height: 8, width: 8, data: new Uint8Array(192).fill(255) };
 * console.log(imageLooks(white)[0]?.phash); // 8000000000000000
 * ```
 */
export function imageLooks(batch: PixelBatch): ImageLook[] {
  return Array.from(imagesOf(batch), (image) => {
    const { height, width } = image;
    const { gray, ...scores } = brightnessScores(image);
    const picture = smallPicture({ height, width, data: gray });
    const [grid, phash] = [brightnessGrid(picture), perceptualHash(picture)];
    return { phash, grid, ...scores, blurred: blurredScore(image) };
  });
}

const PICTURE = 32;

function smallPicture(image: GrayImage): Uint8Array {
  return resizeGray(image, PICTURE, PICTURE, { interpolation: 'lanczos', pillow: 13 }).data;
}

/**
 * The perceptual hash of an image: 16 hex digits that stay nearly the same when it is resized or saved again. Equal to
 * `phash` of Python's ImageHash 4.3 (https://github.com/JohannesBuchner/imagehash) on Pillow 13 and SciPy on x86-64:
 * gray, 32×32 by Lanczos, a DCT both ways, and whether each of its 8×8 lowest coefficients is above their median.
 */
function perceptualHash(picture: Uint8Array): string {
  return hex(looksKernel().lowestCoefficients(picture));
}

function hex(coefficients: Float64Array): string {
  const sorted = coefficients.slice().sort();
  const median = (sorted[31]! + sorted[32]!) / 2;
  let digits = '';
  for (let at = 0; at < coefficients.length; at += 4) {
    let digit = 0;
    for (let bit = 0; bit < 4; bit++) digit = 2 * digit + (coefficients[at + bit]! > median ? 1 : 0);
    digits += digit.toString(16);
  }
  return digits;
}

const PARTS = 8;

/**
 * How bright each of 8 × 8 parts is, two hex digits a part, row by row. Over many images it shows what is at one place:
 * a stamp, a dark corner, the sky. @param picture gray, square, its side a multiple of 8
 */
function brightnessGrid(picture: Uint8Array): string {
  return Array.from(partLevels(picture), (level) => HEX[level]).join('');
}

const HEX = Array.from({ length: 256 }, (_, level) => level.toString(16).padStart(2, '0'));

/** How bright each part of an image is, 0 to 255, row by row: the numbers of its grid. */
export function brightnessParts(image: Image): Uint8Array {
  const gray = withChannels({ rows: 1, ...image }, 1, '').data;
  return partLevels(smallPicture({ height: image.height, width: image.width, data: gray }));
}

function partLevels(picture: Uint8Array): Uint8Array {
  const width = Math.sqrt(picture.length);
  const side = width / PARTS;
  const levels = new Uint8Array(PARTS * PARTS);
  for (let part = 0; part < levels.length; part++) {
    const from = Math.floor(part / PARTS) * side * width + (part % PARTS) * side;
    let sum = 0;
    for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) sum += picture[from + y * width + x]!;
    levels[part] = Math.round(sum / side ** 2);
  }
  return levels;
}

/**
 * How dark, bright and blurred an image is, as cleanvision scores it (https://github.com/cleanlab/cleanvision, version
 * 0.3.7, `issue_managers/image_property.py`): from 0 to 1, and the lower, the worse.
 *
 * | score | formula |
 * |---|---|
 * | dark | 99th percentile of the pixels' brightness, `√(0.241 R² + 0.691 G² + 0.068 B²) / 255` |
 * | bright | 1 − 5th percentile of that |
 * | blurred | `1 − e^(−s/100)`, s the standard deviation of the edges; with `1 − e^(−h/100)` added where that is above 0.18, h the standard deviation of the 256 counts of a histogram; at most 1. Both of the gray image, whose longer side is shrunk to 64 pixels. |
 */
interface CheckScores {
  dark: number;
  bright: number;
  blurred: number;
}

/** Longer side of the image in which blur is looked for, pixels. */
const BLUR_SIDE = 64;
const LEVELS = 256;
/** A histogram's part of the score counts from here on. */
const FLAT_HISTOGRAM = 0.18;

/** @returns the scores, and the gray image that falls off on the way, `[pixels]`, which is valid until the next call of the kernel */
function brightnessScores(image: Image): Omit<CheckScores, 'blurred'> & { gray: Uint8Array } {
  const kernel = looksKernel();
  const { values, gray } = brightnessPercentiles(image.data, [5, 99], (...asked) => kernel.split(...asked));
  return { dark: values[1], bright: 1 - values[0], gray };
}

function blurredScore(image: Image): number {
  const { height, width } = smallSize(image);
  const { data } = resizeImage(image, height, width, { interpolation: 'bicubic', pillow: 13 });
  const { edges, squaredEdges, squaredCounts } = looksKernel().blurSums(data, height, width);
  const ofHistogram = 1 - Math.exp(-deviation(height * width, squaredCounts, LEVELS) / 100);
  const ofEdges = 1 - Math.exp(-deviation(edges, squaredEdges, height * width) / 100);
  return Math.min(1, ofEdges + (ofHistogram > FLAT_HISTOGRAM ? ofHistogram : 0));
}

function smallSize({ height, width }: Image): { height: number; width: number } {
  const ratio = Math.max(height, width) / BLUR_SIDE;
  if (ratio <= 1) return { height, width };
  return { height: Math.max(1, wholeTimes(height, ratio)), width: Math.max(1, wholeTimes(width, ratio)) };
}

/** Python's `a // b` of floats, by the exact remainder. */
function wholeTimes(a: number, b: number): number {
  return Math.round((a - (a % b)) / b);
}

/** Standard deviation of n values, divisor n, by their sum and that of their squares. */
function deviation(sum: number, squares: number, n: number): number {
  return Math.sqrt(Math.max(0, squares - sum ** 2 / n) / n);
}
