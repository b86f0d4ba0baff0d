/**
 * What a model's weights say is to be done with an image before it is fed: resize, then centre crop. Normalisation is
 * the engine's.
 */

import { DataError } from '../../data-error.js';
import { type Image, mapImages, type PixelBatch } from '../pixel-batch.js';
import { type CropRounding, centerWindow, roundHalfEven, visiblePart, withBorder } from './crop.js';
import { type PillowVersion, resizeImage } from './resize.js';
import type { Interpolation } from './taps.js';

/** What `resize` means. */
export type ResizeMode = 'shortest' | 'exact' | 'longest';

/** The part of a model's preprocessing that is about pixels. Fields that are not there have the default. */
export interface SizeRule {
  /** `[height, width]` that the model is fed; null: any. */
  size: readonly [number, number] | null;
  /** A side, or `[height, width]`; null: no resize. */
  resize: number | readonly [number, number] | null;
  /**
   * - `shortest`: the aspect ratio stays, and `resize` is covered. With a side as torchvision's `Resize(n)`, whose longer
   *   side is rounded down; with `[height, width]` as timm's `ResizeKeepRatio`, which rounds.
   * - `exact`: that height and width, whatever the aspect ratio. A side is a square.
   * - `longest`: the aspect ratio stays, and the image fits into `resize`, as timm's `ResizeKeepRatio(longest=1)`.
   *
   * Default: `shortest` for a side, `exact` for `[height, width]`.
   */
  mode?: ResizeMode | undefined;
  /** Default: bilinear. */
  interpolation?: Interpolation | undefined;
  /** Which Pillow's order of passes; default: 13. */
  pillow?: PillowVersion | undefined;
  /** `[height, width]`; null: no crop. */
  crop: readonly [number, number] | null;
  /** What happens to half a pixel before the crop; default: `even`. */
  cropRounding?: CropRounding | undefined;
  /** Where an image is smaller than the crop: red, green, blue and, if there is one, the fourth channel, 0 to 255. Default: black. */
  border?: readonly number[] | undefined;
}

/**
 * What a model's weights say about the sizes of images, and which sizes follow from it.
 *
 * `[height, width]` after the resize, before the crop; each at least 1.
 */
function resizedSize(
  image: { height: number; width: number },
  { resize, mode }: Pick<SizeRule, 'resize' | 'mode'>,
): readonly [number, number] {
  const { height, width } = image;
  if (resize === null) return [height, width];
  const isSide = typeof resize === 'number';
  const target = isSide ? ([resize, resize] as const) : resize;
  const chosen = mode ?? (isSide ? 'shortest' : 'exact');
  if (chosen === 'exact') return target;
  if (chosen === 'shortest' && isSide) return shorterSide(height, width, resize);
  const ratios = [height / target[0], width / target[1]];
  const ratio = chosen === 'shortest' ? Math.min(...ratios) : Math.max(...ratios);
  return [Math.max(1, roundHalfEven(height / ratio)), Math.max(1, roundHalfEven(width / ratio))];
}

/** torchvision's `Resize(side)`. */
function shorterSide(height: number, width: number, side: number): [number, number] {
  if (width <= height) return [Math.trunc((side * height) / width), side];
  return [side, Math.trunc((side * width) / height)];
}

/** Far more than any network is fed; a shorter side of 224 would make 224 × 746,666 pixels of 3 × 10,000. */
const MAX_PIXELS = 2 ** 26;
const BLACK: readonly number[] = [0, 0, 0, 0];

interface Size {
  height: number;
  width: number;
}

/**
 * What a model's weights say is to be done with an image before it is fed: resize, then centre crop. Normalisation is
 * the engine's.
 *
 * Prepares one image of any size.
 *
 * @param where names the image in errors
 * @returns an image of the size that the rule leads to; the image itself where nothing is to be done
 * @throws DataError `IMAGE_SIZE` where that is not `rule.size`, `IMAGE_TOO_LARGE` where too many pixels would be made
 */
export function prepareImage(image: Image, rule: SizeRule, where: string): Image {
  checkedSize(image, rule, where, 'IMAGE');
  return prepared(image, rule, rule.border ?? BLACK);
}

/** Whether an image of this size can be prepared. @throws as `prepareImage` */
export function checkImageSize(size: Size, rule: SizeRule, where: string): void {
  checkedSize(size, rule, where, 'IMAGE');
}

/**
 * Prepares images that are all of one size.
 *
 * @param where names the images in errors
 * @returns the same number of images, of the size that the rule leads to; the given batch where nothing is to be done
 * @throws DataError `IMAGES_SIZE` where that is not `rule.size`, `IMAGES_TOO_LARGE`
 */
export function prepareBatch(batch: PixelBatch, rule: SizeRule, where: string): PixelBatch {
  const [height, width] = preparedSize(batch, rule, where);
  if (height === batch.height && width === batch.width && rule.resize === null) return batch;
  const border = rule.border ?? BLACK;
  const images = { ...mapImages(batch, (image) => prepared(image, rule, border)), height, width };
  const { fourth } = batch;
  if (fourth === undefined) return images;
  const gray = new Array<number>(3).fill(border[3] ?? 0);
  return { ...images, fourth: preparedPlane(batch, fourth, (image) => prepared(image, rule, gray)) };
}

/**
 * `[height, width]` that images of a size come to, without touching any: to refuse a file before its first image.
 * @throws as `prepareBatch`
 */
export function preparedSize(images: Size, rule: SizeRule, where: string): readonly [number, number] {
  return checkedSize(images, rule, where, 'IMAGES');
}

function prepared(image: Image, rule: SizeRule, border: readonly number[]): Image {
  const [height, width] = resizedSize(image, rule);
  const { interpolation, pillow, crop, cropRounding = 'even' } = rule;
  if (crop === null) return resizeImage(image, height, width, { interpolation, pillow });
  const window = centerWindow({ height, width }, crop, cropRounding);
  const visible = visiblePart({ height, width }, window);
  return withBorder(resizeImage(image, height, width, { interpolation, pillow, window: visible }), window, border);
}

/** One channel, prepared as each of three is. */
function preparedPlane(batch: PixelBatch, plane: Uint8Array, prepare: (image: Image) => Image): Uint8Array {
  const repeated = Uint8Array.from({ length: 3 * plane.length }, (_, i) => plane[Math.floor(i / 3)]!);
  const { data } = mapImages({ ...batch, data: repeated }, prepare);
  return Uint8Array.from({ length: data.length / 3 }, (_, i) => data[3 * i]!);
}

/** @param kind the beginning of the errors' codes: one image, or a set of them */
function checkedSize(
  { height, width }: Size,
  rule: SizeRule,
  where: string,
  kind: 'IMAGE' | 'IMAGES',
): readonly [number, number] {
  const resized = resizedSize({ height, width }, rule);
  const result = rule.crop ?? resized;
  const told = `${where}: ${kind === 'IMAGE' ? 'an image' : 'images'} of ${height} × ${width} pixels`;
  if (Math.max(resized[0] * resized[1], result[0] * result[1]) > MAX_PIXELS) {
    throw new DataError(
      `${kind}_TOO_LARGE`,
      `${told}, ${resized.join(' × ')} after the resize, at most ${MAX_PIXELS.toLocaleString('en')} pixels are made`,
    );
  }
  if (rule.size !== null && (rule.size[0] !== result[0] || rule.size[1] !== result[1])) {
    const steps = rule.resize === null && rule.crop === null ? '' : `, ${result.join(' × ')} after resize and crop`;
    throw new DataError(`${kind}_SIZE`, `${told}${steps}, the model takes ${rule.size.join(' × ')} (height × width)`, {
      hint:
        steps === ''
          ? 'These weights have no resize. Convert the model again with the --resize and --crop it was trained with, or resize the images.'
          : 'Convert the model again with the --resize and --crop it was trained with.',
    });
  }
  return result;
}
