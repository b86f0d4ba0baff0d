/** How images are decoded. */
import type { OptionNames } from '../../../base/index.js';

/** More pixels than this are refused unless `maxPixels` allows them. */
export const DEFAULT_MAX_PIXELS = 100_000_000;

/**
 * How images are decoded. The default gives the bytes of `Image.open(file).convert('RGB')` in Pillow.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { type DecodeOptions, decodeImage } from 'image-drift/data';
 *
 * const options: DecodeOptions = { orientation: 'apply', background: [255, 255, 255] };
 * const { width, height } = await decodeImage(await readFile('cat.png'), 'cat.png', options);
 * console.log(width, height);
 * ```
 */
export interface DecodeOptions {
  /** Most pixels of an image, decided from its header, before anything is inflated. Default 100,000,000. */
  maxPixels?: number | undefined;
  /**
   * What is done with the orientation that a camera writes into EXIF or XMP: `ignore`, the default, as torchvision and
   * timm do, or `apply`, as transformers does and as Pillow's `ImageOps.exif_transpose`.
   */
  orientation?: 'ignore' | 'apply' | undefined;
  /**
   * RGB, 0 to 255, that transparent pixels are put on, by the formula of Pillow's `paste` with a mask. Default: alpha is
   * dropped, as Pillow's `convert('RGB')` does.
   */
  background?: readonly [number, number, number] | undefined;
  /** Decodes what there is of a file that was cut short, as Pillow does with `LOAD_TRUNCATED_IMAGES`. Default false. */
  allowTruncated?: boolean | undefined;
}

export const DECODE_OPTIONS: OptionNames<DecodeOptions> = {
  maxPixels: true,
  orientation: true,
  background: true,
  allowTruncated: true,
};
