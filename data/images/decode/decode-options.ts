/** What goes into decoding one image, and what comes out. */
import type { OptionNames } from '../../../base/index.js';
import type { Image } from '../pixel-batch.js';
import type { ImageFormat } from './image-format.js';

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

/**
 * What the header of an image file says.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { type ImageHeader, imageHeader } from 'image-drift/data';
 *
 * const header: ImageHeader = imageHeader(await readFile('cat.jpg'), 'cat.jpg');
 * console.log(header.format, header.width, header.height, header.orientation);
 * ```
 */
export interface ImageHeader {
  /** By content, never by name. */
  format: ImageFormat;
  /** Pixels, before the orientation is applied. */
  width: number;
  /** Pixels, before the orientation is applied. */
  height: number;
  /** EXIF orientation, 1 to 8; 1 where the file has none. */
  orientation: number;
}

/**
 * A decoded image: uint8 RGB, `[height, width, 3]`, row-major.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { type DecodedImage, decodeImage } from 'image-drift/data';
 *
 * const image: DecodedImage = await decodeImage(await readFile('cat.jpg'), 'cat.jpg');
 * console.log(image.format, image.data.length === 3 * image.width * image.height);
 * ```
 */
export interface DecodedImage extends Image {
  /** By content, never by name. */
  format: ImageFormat;
  /** EXIF orientation, 1 to 8, that the file had, applied or not; 1 where it has none. */
  orientation: number;
}

/** What the decoders of the formats are asked for. */
export interface RasterRequest {
  /** Whether `alpha` is needed. */
  alpha: boolean;
  allowTruncated: boolean;
  /** Whether the pixels may lie in memory of the decoder, which the next image overwrites. */
  lent: boolean;
}

/** Pixels as a format's decoder gives them. */
export interface Raster extends Image {
  /** `[height, width]`, 0 transparent to 255 opaque, where asked for; null where every pixel is opaque. */
  alpha: Uint8Array | null;
}
