/** Brings an image to the size that a model's weights name: resize, then centre crop. Normalisation is the engine's. */
import { DataError } from '../../data-error.js';
import { type Image, mapImages, type PixelBatch } from '../pixel-batch.js';
import { type PillowVersion, resizeImage } from './resize.js';
import type { Interpolation, Window } from './taps.js';

export type ResizeMode = 'shortest' | 'exact' | 'longest';

/** The part of a model's preprocessing that is about pixels. Fields that are not there have the default. */
export interface SizeRule {
  /** `[height, width]` that the model is fed; null: any. */
  size: readonly [number, number] | null;
  /** A side, or `[height, width]`; null: no resize. */
  resize: number | readonly [number, number] | null;
  /**
   * Default: `shortest` for a side, `exact` for `[height, width]`.
   * - `shortest`: the aspect ratio stays, and `resize` is covered. A side is as torchvision's `Resize(n)`, whose longer
   * side is rounded down; `[height, width]` as timm's `ResizeKeepRatio`, which rounds.
   * - `exact`: that height and width, whatever the aspect ratio. A side is a square.
   * - `longest`: the image fits into `resize`, as timm's `ResizeKeepRatio(longest=1)`.
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

/** `[height, width]` after the resize, before the crop; each at least 1. */
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
 * Prepares one image; the result is the image itself where nothing is to be done. `where` names it in errors.
 * @throws DataError `IMAGE_SIZE` where its size is not `rule.size`, `IMAGE_TOO_LARGE` for too many pixels
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
 * Prepares images of one size; gives the batch itself where nothing is to be done. `where` names them in errors.
 * @throws DataError `IMAGES_SIZE` where their size is not `rule.size`, `IMAGES_TOO_LARGE`
 */
export function prepareBatch(batch: PixelBatch, rule: SizeRule, where: string): PixelBatch {
  if (arePrepared(batch, rule, where)) return batch;
  const [height, width] = preparedSize(batch, rule, where);
  const border = rule.border ?? BLACK;
  const images = { ...mapImages(batch, (image) => prepared(image, rule, border)), height, width };
  const { fourth } = batch;
  if (fourth === undefined) return images;
  const gray = new Array<number>(3).fill(border[3] ?? 0);
  return { ...images, fourth: preparedPlane(batch, fourth, (image) => prepared(image, rule, gray)) };
}

/** Whether nothing is to be done. @throws as `prepareBatch` */
export function arePrepared(images: Size, rule: SizeRule, where: string): boolean {
  const sizes = [preparedSize(images, rule, where), resizedSize(images, rule)];
  return sizes.every(([height, width]) => height === images.height && width === images.width);
}

/** `[height, width]` that `prepareBatch` gives, before the first image is read. @throws as `prepareBatch` */
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

/** `even` is Python's `round`, as in torchvision and timm; `down` is that of transformers' image processors. */
export type CropRounding = 'even' | 'down';

/**
 * The middle of an image, as torchvision's `CenterCrop` and timm's `CenterCropOrPad` take it. `top` and `left` are
 * negative where the image is smaller, by the border before it. Half a pixel of border is always rounded down.
 */
function centerWindow(
  image: { height: number; width: number },
  [height, width]: readonly [number, number],
  rounding: CropRounding,
): Window {
  const top = cropStart(image.height, height, rounding);
  const left = cropStart(image.width, width, rounding);
  return { top, left, height, width };
}

function cropStart(size: number, crop: number, rounding: CropRounding): number {
  if (crop > size) return -Math.floor((crop - size) / 2);
  return rounding === 'down' ? Math.floor((size - crop) / 2) : roundHalfEven((size - crop) / 2);
}

/** Python's `round`. @param value not negative */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const isUp = value - below === 0.5 ? below % 2 === 1 : value - below > 0.5;
  return isUp ? below + 1 : below;
}

function visiblePart(image: { height: number; width: number }, { top, left, height, width }: Window): Window {
  const [fromY, fromX] = [Math.max(0, top), Math.max(0, left)];
  const [toY, toX] = [Math.min(image.height, top + height), Math.min(image.width, left + width)];
  return { top: fromY, left: fromX, height: toY - fromY, width: toX - fromX };
}

/** Puts a window's visible part on a ground of one colour; gives the image itself where it fills the window. */
function withBorder(image: Image, window: Window, colour: readonly number[]): Image {
  const { height, width } = window;
  if (height === image.height && width === image.width) return image;
  const data = new Uint8Array(height * width * 3);
  if (colour.some((value) => value !== 0)) {
    for (let i = 0; i < data.length; i++) data[i] = colour[i % 3]!;
  }
  const [top, left] = [Math.max(0, -window.top), Math.max(0, -window.left)];
  const row = image.width * 3;
  for (let y = 0; y < image.height; y++) {
    data.set(image.data.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * 3);
  }
  return { height, width, data };
}
