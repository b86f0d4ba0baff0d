/**
 * `Image.resize` of Pillow on 8-bit RGB and gray, bit for bit: what torchvision's `Resize` and timm's transforms do to PIL
 * images. Follows Pillow's src/libImaging/Resample.c: a filter as wide as the reduction, weights rounded to 22-bit
 * fixed point, and two passes, each rounded to bytes. So their order counts, and it depends on Pillow's version.
 */
import type { Image } from '../pixel-batch.js';
import type { Interpolation, MixingInterpolation } from './filters.js';
import { kernelPasses } from './kernel/resize-kernel.js';
import { nearest } from './nearest.js';
import { type Pass, plainPasses, type Raster } from './passes.js';
import { partOfTaps, span, tapsOf } from './taps.js';
import type { Window } from './window.js';

/**
 * Whose order of passes.
 *
 * - 13, the newest: rows before columns where the height loses more than twice as many pixels as the width.
 * - 12, also for older ones: columns first, unless the height is more than 100 times the width and shrinks. Before 12.2
 *   columns come first even then.
 */
export type PillowVersion = 12 | 13;

export interface ResizeOptions {
  /** Default: bilinear. */
  interpolation?: Interpolation | undefined;
  /** Default: 13. */
  pillow?: PillowVersion | undefined;
  /** The part of the resized image that is wanted; default: all. The rest is not computed. */
  window?: Window | undefined;
}

/** `[height, width]`, row-major. */
export interface GrayImage {
  height: number;
  width: number;
  data: Uint8Array;
}

/** @returns the image itself where nothing is to be done */
export function resizeImage(image: Image, height: number, width: number, options: ResizeOptions = {}): Image {
  const { interpolation = 'bilinear', pillow = 13, window = { top: 0, left: 0, height, width } } = options;
  const isWhole = window.height === height && window.width === width;
  if (isWhole && height === image.height && width === image.width) return image;
  if (interpolation === 'nearest') return nearest(image, height, width, window);
  const resized = resample({ ...image, channels: 3 }, height, width, window, interpolation, pillow);
  return { height: resized.height, width: resized.width, data: resized.data };
}

/** Pillow's `resize` of an image of mode `L`. */
export function resizeGray(
  image: GrayImage,
  height: number,
  width: number,
  options: { interpolation: MixingInterpolation; pillow: PillowVersion },
): GrayImage {
  const window = { top: 0, left: 0, height, width };
  return resample({ ...image, channels: 1 }, height, width, window, options.interpolation, options.pillow);
}

function resample(
  raster: Raster,
  height: number,
  width: number,
  window: Window,
  interpolation: MixingInterpolation,
  pillow: PillowVersion,
): Raster {
  const { source, passes } = planResize(raster, height, width, window, interpolation, pillow);
  if (passes.length === 0) return source;
  return kernelPasses(source, passes) ?? plainPasses(source, passes);
}

/** The part of the image that the window is made of, and what makes it. */
function planResize(
  image: Raster,
  height: number,
  width: number,
  window: Window,
  interpolation: MixingInterpolation,
  pillow: PillowVersion,
): { source: Raster; passes: Pass[] } {
  const [top, bottom] = [window.top, window.top + window.height];
  const [left, right] = [window.left, window.left + window.width];
  const passes: Pass[] = [];
  let [fromRow, toRow, fromColumn, toColumn] = [top, bottom, left, right];
  if (width !== image.width) {
    passes.push({ axis: 'columns', taps: partOfTaps(tapsOf(image.width, width, interpolation), left, right) });
    [fromColumn, toColumn] = [0, image.width];
  }
  if (height !== image.height) {
    const taps = tapsOf(image.height, height, interpolation);
    [fromRow, toRow] = span(partOfTaps(taps, top, bottom));
    passes.push({ axis: 'rows', taps: partOfTaps(taps, top, bottom, fromRow) });
  }
  if (rowsFirst(image, height, width, pillow)) passes.reverse();
  const part = { top: fromRow, left: fromColumn, height: toRow - fromRow, width: toColumn - fromColumn };
  return { source: cut(image, part), passes };
}

/** Before Pillow 13, `Image.resize` chose in Python; 13 does in `ImagingResampleInner`. */
function rowsFirst(
  image: Pick<Raster, 'height' | 'width'>,
  height: number,
  width: number,
  pillow: PillowVersion,
): boolean {
  const lost = image.height - height;
  if (pillow === 13) return lost > 0 && lost > (image.width - width) * 2;
  return lost > 0 && image.height > image.width * 100;
}

/** A rectangle of an image; a view of its data where that has all columns. */
function cut(image: Raster, { top, left, height, width }: Window): Raster {
  const { channels } = image;
  const row = image.width * channels;
  if (width === image.width) {
    return { height, width, channels, data: image.data.subarray(top * row, (top + height) * row) };
  }
  const data = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * row + left * channels;
    data.set(image.data.subarray(from, from + width * channels), y * width * channels);
  }
  return { height, width, channels, data };
}
