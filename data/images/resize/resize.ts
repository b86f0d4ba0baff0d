/**
 * Bilinear resize with antialiasing, bit for bit that of Pillow 3.3 to 12, `Image.resize(size, Image.BILINEAR)`, on
 * 8-bit RGB: what torchvision's `Resize` does to PIL images, and what models in the field were trained with.
 *
 * Follows ImagingResample in Pillow's src/libImaging/Resample.c: a triangle filter as wide as the reduction, weights
 * rounded to 22-bit fixed point, a horizontal pass and then a vertical one, each rounded to 8 bits. Pillow 13 swaps
 * the passes where height shrinks more than width; there, and on tensors in torchvision, values differ by one level.
 */
import type { Image } from '../pixel-batch.js';

/** 8 bits for the result and 2 for overflow are left of 32 (`PRECISION_BITS`). */
const PRECISION_BITS = 32 - 8 - 2;
const ONE = 2 ** PRECISION_BITS;
const HALF = ONE / 2;

/** How each output position along one axis is mixed from input positions. */
interface Taps {
  /** First input position, by output position. */
  first: Int32Array;
  /** Number of input positions, by output position. */
  count: Int32Array;
  /** Fixed-point weights, `stride` an output position, `count` of them used. */
  weights: Int32Array;
  stride: number;
}

/** @returns the image itself where it has that size already */
export function resizeImage(image: Image, height: number, width: number): Image {
  return resizeRows(resizeColumns(image, width), height);
}

function resizeColumns(image: Image, width: number): Image {
  if (width === image.width) return image;
  const taps = bilinearTaps(image.width, width);
  const data = new Uint8Array(image.height * width * 3);
  for (let y = 0; y < image.height; y++) {
    mixLine(image.data, y * image.width * 3, 3, taps, data, y * width * 3, 3, 3);
  }
  return { height: image.height, width, data };
}

function resizeRows(image: Image, height: number): Image {
  if (height === image.height) return image;
  const taps = bilinearTaps(image.height, height);
  const row = image.width * 3;
  const data = new Uint8Array(height * row);
  mixLine(image.data, 0, row, taps, data, 0, row, row);
  return { height, width: image.width, data };
}

/**
 * Mixes along one axis. `lanes` neighbouring values (the channels of a pixel, or all values of a row) share weights;
 * the steps lead from one position on the axis to the next.
 */
function mixLine(
  source: Uint8Array,
  sourceStart: number,
  sourceStep: number,
  taps: Taps,
  target: Uint8Array,
  targetStart: number,
  targetStep: number,
  lanes: number,
): void {
  for (let position = 0; position < taps.first.length; position++) {
    const from = sourceStart + taps.first[position]! * sourceStep;
    const to = targetStart + position * targetStep;
    const weight = position * taps.stride;
    const count = taps.count[position]!;
    for (let lane = 0; lane < lanes; lane++) {
      let sum = HALF;
      for (let tap = 0; tap < count; tap++) {
        sum += source[from + lane + tap * sourceStep]! * taps.weights[weight + tap]!;
      }
      // Weights are not negative and add up to about one, so only the upper end has to be clipped.
      target[to + lane] = Math.min(255, sum >> PRECISION_BITS);
    }
  }
}

/** Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc` for the triangle filter of support 1. */
function bilinearTaps(inSize: number, outSize: number): Taps {
  const scale = inSize / outSize;
  const support = Math.max(1, scale);
  const stride = Math.ceil(support) * 2 + 1;
  const taps: Taps = {
    first: new Int32Array(outSize),
    count: new Int32Array(outSize),
    weights: new Int32Array(outSize * stride),
    stride,
  };
  const inverse = 1 / support;
  const exact = new Float64Array(stride);
  for (let position = 0; position < outSize; position++) {
    const center = (position + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inSize, Math.trunc(center + support + 0.5)) - first;
    let total = 0;
    for (let tap = 0; tap < count; tap++) {
      exact[tap] = Math.max(0, 1 - Math.abs((tap + first - center + 0.5) * inverse));
      total += exact[tap]!;
    }
    for (let tap = 0; tap < count; tap++) {
      const share = total === 0 ? exact[tap]! : exact[tap]! / total;
      taps.weights[position * stride + tap] = Math.trunc(0.5 + share * ONE);
    }
    taps.first[position] = first;
    taps.count[position] = count;
  }
  return taps;
}
