import { exp } from '../../../base/math/index.js';
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
  /**
   * 16 hex digits that stay nearly the same when an image is resized or saved again. Equal to `phash` of Python's
   * ImageHash 4.3 (https://github.com/JohannesBuchner/imagehash) on Pillow 13 and SciPy on x86-64: gray, 32×32 by
   * Lanczos, a DCT both ways, and whether each of its 8×8 lowest coefficients is above their median.
   */
  phash: string;
  /** How bright each of 8 × 8 parts is: 128 hex digits, row by row. It shows over many images what is at one place. */
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
  return Array.from(imagesOf(batch), lookOf);
}

/** The same, a list for each of `IMAGE_LOOK_COLUMNS`. */
export function lookLists(batch: PixelBatch): (string | number)[][] {
  const looks = imageLooks(batch);
  const names: readonly (keyof ImageLook)[] = ['phash', 'dark', 'bright', 'blurred', 'grid'];
  return names.map((name) => looks.map((look) => look[name]));
}

/** The kernel's gray is used up before it makes another. */
function lookOf(image: Image): ImageLook {
  const { height, width, data } = image;
  const kernel = looksKernel();
  const { values, gray } = brightnessPercentiles(data, [5, 99], kernel);
  const picture = smallPicture({ height, width, data: gray });
  const blurred = blurredScore(image, gray);
  const { phash, grid } = kernel.describe(picture);
  return { phash, grid, dark: values[1], bright: 1 - values[0], blurred };
}

const PICTURE = 32;

function smallPicture(image: GrayImage): Uint8Array {
  if (image.height === PICTURE && image.width === PICTURE) return image.data;
  return resizeGray(image, PICTURE, PICTURE, { interpolation: 'lanczos', pillow: 13 }).data;
}

/** How bright each part of an image is, 0 to 255, row by row: the numbers of its grid. Valid until the next image's. */
export function brightnessParts(image: Image): Uint8Array {
  const gray = withChannels({ rows: 1, ...image }, 1, '').data;
  return looksKernel().partLevels(smallPicture({ height: image.height, width: image.width, data: gray }));
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

/** @param gray of the image */
function blurredScore(image: Image, gray: Uint8Array): number {
  const kernel = looksKernel();
  const { height, width } = smallSize(image);
  const small = resizeImage(image, height, width, { interpolation: 'bicubic', pillow: 13 });
  const smallGray = small === image ? gray : kernel.gray(small.data);
  const { edges, squaredEdges, squaredCounts } = kernel.blurSums(smallGray, height, width);
  const ofHistogram = 1 - exp(-deviation(height * width, squaredCounts, LEVELS) / 100);
  const ofEdges = 1 - exp(-deviation(edges, squaredEdges, height * width) / 100);
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
