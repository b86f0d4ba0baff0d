/** What is told of every image to find repeated, bad and turned ones: its perceptual hash, its grid and the scores of its checks. */
import { imagesOf, type PixelBatch } from '../pixel-batch.js';
import { brightnessGrid } from './brightness-grid.js';
import { type CheckScores, checkScores } from './check-scores.js';
import { perceptualHash, smallPicture } from './perceptual-hash.js';

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
    const { gray, ...scores } = checkScores(image);
    const picture = smallPicture({ height, width, data: gray });
    return { phash: perceptualHash(picture), grid: brightnessGrid(picture), ...scores };
  });
}
