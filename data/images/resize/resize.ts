/**
 * `Image.resize` of Pillow on 8-bit RGB and gray, bit for bit: what torchvision's `Resize` and timm's transforms do
 * to PIL images. Follows Pillow's src/libImaging/Resample.c: a filter as wide as the reduction, weights rounded to
 * 22-bit fixed point, and two passes, each rounded to bytes. So their order counts, and it depends on Pillow's
 * version.
 */
import { CodedError } from '../../../base/index.js';
import type { Image } from '../pixel-batch.js';
import { kernelPasses } from './kernel/resize-kernel.js';
import {
  type Interpolation,
  type MixingInterpolation,
  type Pass,
  partOfTaps,
  type Raster,
  span,
  tapsOf,
  type Window,
} from './taps.js';

/**
 * Whose order of passes: 13, the newest, rows first where the height loses more than twice as many pixels as the width;
 * 12 and older, columns first, unless the height is over 100 times the width and shrinks (12.2 on).
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

/**
 * The resized image within the window. What the kernel has no memory for is resized in halves, with the same bits.
 * @param most bytes of the kernel's memory; default: half a gigabyte
 * @throws CodedError `WEBASSEMBLY_MISSING`, `OUT_OF_MEMORY`
 */
export function resample(
  raster: Raster,
  height: number,
  width: number,
  window: Window,
  interpolation: MixingInterpolation,
  pillow: PillowVersion,
  most?: number,
): Raster {
  const { source, passes } = planResize(raster, height, width, window, interpolation, pillow);
  if (passes.length === 0) return source;
  const found = kernelPasses(source, passes, most);
  if (found !== null) return found;
  const halves = halvesOf(window, passes[0]!.axis);
  return joined(
    halves.map((half) => resample(raster, height, width, half, interpolation, pillow, most)),
    window,
    halves,
  );
}

/** The first pass makes what is large: its axis is cut. */
function halvesOf(window: Window, axis: Pass['axis']): [Window, Window] {
  const [side, start] = axis === 'columns' ? (['width', 'left'] as const) : (['height', 'top'] as const);
  const half = window[side] >> 1;
  if (half === 0) throw new CodedError('OUT_OF_MEMORY', `a resize to ${window.height} × ${window.width} pixels`);
  return [
    { ...window, [side]: half },
    { ...window, [side]: window[side] - half, [start]: window[start] + half },
  ];
}

function joined(parts: readonly Raster[], window: Window, places: readonly Window[]): Raster {
  const { height, width } = window;
  const { channels } = parts[0]!;
  const data = new Uint8Array(height * width * channels);
  for (const [i, part] of parts.entries()) {
    const { top, left } = places[i]!;
    const row = part.width * channels;
    for (let y = 0; y < part.height; y++) {
      const to = ((top - window.top + y) * width + left - window.left) * channels;
      data.set(part.data.subarray(y * row, (y + 1) * row), to);
    }
  }
  return { height, width, channels, data };
}

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

/** The window of Pillow's `Image.resize(size, Image.NEAREST)`: `ImagingScaleAffine` of src/libImaging/Geometry.c. */
export function nearest(image: Image, height: number, width: number, window: Window): Image {
  const ys = positions(image.height, height, window.top, window.height);
  const xs = positions(image.width, width, window.left, window.width);
  const data = new Uint8Array(window.height * window.width * 3);
  let to = 0;
  for (const y of ys) {
    for (const x of xs) {
      const from = (y * image.width + x) * 3;
      data[to++] = image.data[from]!;
      data[to++] = image.data[from + 1]!;
      data[to++] = image.data[from + 2]!;
    }
  }
  return { height: window.height, width: window.width, data };
}

/** Adds up steps as Pillow does, so that its rounding errors are the same. */
function positions(inSize: number, outSize: number, from: number, count: number): Int32Array {
  const step = inSize / outSize;
  const chosen = new Int32Array(count);
  let at = step * 0.5;
  for (let position = 0; position < from + count; position++, at += step) {
    if (position >= from) chosen[position - from] = Math.min(inSize - 1, Math.trunc(at));
  }
  return chosen;
}
