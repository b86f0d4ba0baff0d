/**
 * What the statistics of an image are made of: sums over its pixels, in plain loops. `kernel/` has the same in
 * WebAssembly SIMD, for all but enormous images.
 *
 * Luma is in thousandths of a grey level, so that it, its differences and its sums are whole numbers, and exact up to
 * 2⁵³. Neighbours beyond the border are those reflected at it, without repeating the edge pixel (OpenCV's default).
 */
import { type Image, imagesOf, type PixelBatch } from '../pixel-batch.js';
import { COLOUR_SUMS, sumColours } from './colour-sums.js';
import { STRUCTURE_SUMS, sumStructure } from './structure-sums.js';

/** In this order. */
export const IMAGE_SUMS = [
  'red',
  'green',
  'blue',
  /** HSV's S, 0 to 1, of each pixel rounded to float32. */
  'saturation',
  /** Squares of luma. */
  'squares',
  /** Laplacian of luma. */
  'laplacian',
  'squaredLaplacian',
  /** Luma ∗ [1 −2 1; −2 4 −2; 1 −2 1], without its sign; of pixels that are not at the border. */
  'noise',
  ...COLOUR_SUMS,
  ...STRUCTURE_SUMS,
] as const;

export type ImageSum = (typeof IMAGE_SUMS)[number];
type ImageSums = Record<ImageSum, number>;

/** BT.601 in thousandths. */
export const [RED, GREEN, BLUE] = [299, 587, 114];

/** `[rows, IMAGE_SUMS]` */
export function plainSums(batch: PixelBatch): Float64Array {
  const all = new Float64Array(batch.rows * IMAGE_SUMS.length);
  const luma = new Int32Array(batch.height * batch.width);
  let at = 0;
  for (const image of imagesOf(batch)) {
    const sums = sumImage(image, luma);
    for (const name of IMAGE_SUMS) all[at++] = sums[name];
  }
  return all;
}

/** @param luma room for a value a pixel */
function sumImage({ height, width, data }: Image, luma: Int32Array): ImageSums {
  const colour = sumColour(data, height * width, luma);
  const deviation = lumaDeviation(colour, height * width);
  return {
    ...colour,
    ...sumTexture(luma, height, width),
    ...sumColours({ height, width, data }, luma),
    ...sumStructure({ luma, height, width, deviation }),
  };
}

/** Standard deviation of luma. Its steps are those of the kernel, to the last bit. */
function lumaDeviation({ red, green, blue, squares }: ColourSums, pixels: number): number {
  const mean = (RED * red + GREEN * green + BLUE * blue) / pixels;
  return Math.sqrt(Math.max(0, squares / pixels - mean * mean));
}

type ColourSums = Pick<ImageSums, 'red' | 'green' | 'blue' | 'saturation' | 'squares'>;

/** All that looks at single pixels; fills `luma` on the way. */
function sumColour(rgb: Uint8Array, pixels: number, luma: Int32Array): ColourSums {
  let [redSum, greenSum, blueSum, saturation, squares] = [0, 0, 0, 0, 0];
  for (let i = 0, at = 0; i < pixels; i++, at += 3) {
    const red = rgb[at]!;
    const green = rgb[at + 1]!;
    const blue = rgb[at + 2]!;
    redSum += red;
    greenSum += green;
    blueSum += blue;
    const largest = Math.max(red, green, blue);
    const smallest = Math.min(red, green, blue);
    if (largest > smallest) saturation += Math.fround((largest - smallest) / largest);
    const y = RED * red + GREEN * green + BLUE * blue;
    luma[i] = y;
    squares += y * y;
  }
  return { red: redSum, green: greenSum, blue: blueSum, saturation, squares };
}

/** All that looks at neighbours. */
function sumTexture(
  luma: Int32Array,
  height: number,
  width: number,
): Pick<ImageSums, 'laplacian' | 'squaredLaplacian' | 'noise'> {
  let [sum, squares, noise] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const up = (y > 0 ? y - 1 : Math.min(1, height - 1)) * width;
    const down = (y < height - 1 ? y + 1 : Math.max(0, height - 2)) * width;
    const isInner = y > 0 && y < height - 1;
    for (let x = 0; x < width; x++) {
      const left = x > 0 ? x - 1 : Math.min(1, width - 1);
      const right = x < width - 1 ? x + 1 : Math.max(0, width - 2);
      const centre = luma[row + x]!;
      const cross = luma[up + x]! + luma[down + x]! + luma[row + left]! + luma[row + right]!;
      const laplacian = cross - 4 * centre;
      sum += laplacian;
      squares += laplacian * laplacian;
      if (isInner && x > 0 && x < width - 1) {
        const corners = luma[up + left]! + luma[up + right]! + luma[down + left]! + luma[down + right]!;
        noise += Math.abs(corners - 2 * cross + 4 * centre);
      }
    }
  }
  return { laplacian: sum, squaredLaplacian: squares, noise };
}
