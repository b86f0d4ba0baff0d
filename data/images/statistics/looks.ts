/** What is told of every image to find repeated, bad and turned ones: its perceptual hash, its grid and the scores of its checks. */

import { withChannels } from '../channels.js';
import { type Image, imagesOf, type PixelBatch } from '../pixel-batch.js';
import { type GrayImage, resizeGray } from '../resize/resize.js';
import { blurredScore, brightnessScores, type CheckScores } from './check-scores.js';
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

/** Side of the picture that is hashed. */
const PICTURE = 32;

/** The picture of 32 × 32 pixels that is hashed. */
function smallPicture(image: GrayImage): Uint8Array {
  return resizeGray(image, PICTURE, PICTURE, { interpolation: 'lanczos', pillow: 13 }).data;
}

/**
 * The perceptual hash of an image: 64 bits that stay the same, or nearly so, when it is resized or saved again. They are
 * those of `phash` in Python's ImageHash 4.3 (https://github.com/JohannesBuchner/imagehash) on Pillow 13 and SciPy on
 * x86-64: gray, 32×32 by Lanczos, a DCT in both directions, and for each of its 8×8 lowest coefficients whether it is
 * above their median.
 *
 * @param picture of `smallPicture` @returns 16 hex digits
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

/** Parts in each direction. */
const PARTS = 8;

/**
 * How bright each of 8 × 8 parts of an image is. Over many images it shows what stands at one place: a stamp, a dark
 * corner, the sky.
 *
 * @param picture gray, square, its side a multiple of 8 @returns 128 hex digits: two for each part, row by row
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
