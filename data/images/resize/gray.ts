/**
 * `resizeImage` for gray images of one channel. The passes are made for three: a pass over columns takes three rows as
 * the channels of one, a pass over rows three columns as the channels of a pixel. So nothing is computed three times.
 */
import type { Interpolation } from './filters.js';
import { type PillowVersion, resizeImage, rowsFirst } from './resize.js';

/** `[height, width]`, row-major. */
export interface GrayImage {
  height: number;
  width: number;
  data: Uint8Array;
}

interface GrayOptions {
  interpolation: Interpolation;
  pillow: PillowVersion;
}

/** Pillow's `resize` of an image of mode `L`. */
export function resizeGray(image: GrayImage, height: number, width: number, options: GrayOptions): GrayImage {
  return rowsFirst(image, height, width, options.pillow)
    ? resizeColumns(resizeRows(image, height, options), width, options)
    : resizeRows(resizeColumns(image, width, options), height, options);
}

function resizeColumns({ height, width, data }: GrayImage, to: number, options: GrayOptions): GrayImage {
  if (to === width) return { height, width, data };
  const rows = Math.ceil(height / 3);
  const packed = new Uint8Array(rows * width * 3);
  for (let y = 0; y < height; y++) {
    let at = Math.floor(y / 3) * width * 3 + (y % 3);
    for (let x = y * width; x < (y + 1) * width; x++, at += 3) packed[at] = data[x]!;
  }
  const resized = resizeImage({ height: rows, width, data: packed }, rows, to, options).data;
  const unpacked = new Uint8Array(height * to);
  for (let y = 0; y < height; y++) {
    let at = Math.floor(y / 3) * to * 3 + (y % 3);
    for (let x = y * to; x < (y + 1) * to; x++, at += 3) unpacked[x] = resized[at]!;
  }
  return { height, width: to, data: unpacked };
}

function resizeRows({ height, width, data }: GrayImage, to: number, options: GrayOptions): GrayImage {
  if (to === height) return { height, width, data };
  const pixels = Math.ceil(width / 3);
  const padded = withStride(data, height, width, pixels * 3);
  const resized = resizeImage({ height, width: pixels, data: padded }, to, pixels, options).data;
  return { height: to, width, data: withStride(resized, to, pixels * 3, width) };
}

/** Rows of another length: zeros behind them, or without what is behind. */
function withStride(data: Uint8Array, rows: number, from: number, to: number): Uint8Array {
  if (from === to) return data;
  const result = new Uint8Array(rows * to);
  for (let y = 0; y < rows; y++) result.set(data.subarray(y * from, y * from + Math.min(from, to)), y * to);
  return result;
}
