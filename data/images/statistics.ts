/**
 * What an image looks like in eight numbers, so that drift can be told in words: darker, blurred, noisier, redder, …
 *
 * Everything is on the scale from 0 (black) to 1 (full), whatever the size of the image. Y is the luma of ITU-R BT.601,
 * `(0.299 R + 0.587 G + 0.114 B) / 255`, of the gamma-encoded values as they are stored. Images are measured as they
 * came, before any resize, because a resize blurs and sharpens by itself.
 *
 * | statistic | formula | range |
 * |---|---|---|
 * | brightness | mean of Y | 0 to 1 |
 * | contrast | standard deviation of Y: RMS contrast (E. Peli, J. Opt. Soc. Am. A 7, 1990) | 0 to 0.5 |
 * | sharpness | variance of the Laplacian of Y (J. Pech-Pacheco et al., ICPR 2000), as OpenCV's `Laplacian(Y, CV_64F).var()` | 0 to 16 |
 * | noise | estimate of the standard deviation of white noise in Y (J. Immerkær, CVIU 64, 1996): `√(π/2) · Σ∣Y∗N∣ / (6 (W−2) (H−2))`, N = [1 −2 1; −2 4 −2; 1 −2 1]; NaN below 3 × 3 pixels | 0 to 1.7 |
 * | saturation | mean of HSV's S, `(max − min) / max` of R, G, B; 0 for black | 0 to 1 |
 * | red, green, blue | means of the channels | 0 to 1 |
 *
 * Textured images raise the noise estimate and the sharpness alike: both tell differences between sets of images of a
 * kind, not absolute quality.
 */
import { imagesOf, type PixelBatch } from './pixel-batch.js';

export const IMAGE_STATISTICS = [
  'brightness',
  'contrast',
  'sharpness',
  'noise',
  'saturation',
  'red',
  'green',
  'blue',
] as const;

export type ImageStatistic = (typeof IMAGE_STATISTICS)[number];

/** BT.601 in thousandths, so that luma, its sums and its differences are exact whole numbers. */
const [RED, GREEN, BLUE] = [299, 587, 114];
/** Luma of white in those units. */
const WHITE = 255 * 1000;

/** The statistics of every image of a batch, `[rows]` each, in the order of `IMAGE_STATISTICS`. */
export function imageStatistics(batch: PixelBatch): Map<ImageStatistic, Float32Array> {
  const columns = new Map(IMAGE_STATISTICS.map((name) => [name, new Float32Array(batch.rows)]));
  const luma = new Int32Array(batch.height * batch.width);
  let row = 0;
  for (const { height, width, data } of imagesOf(batch)) {
    const values = { ...measureColour(data, luma), ...measureTexture(luma, height, width) };
    for (const [name, column] of columns) column[row] = values[name];
    row++;
  }
  return columns;
}

type Values<Names extends ImageStatistic> = Record<Names, number>;

/** All that looks at single pixels; fills `luma` on the way. */
function measureColour(
  rgb: Uint8Array,
  luma: Int32Array,
): Values<'brightness' | 'contrast' | 'saturation' | 'red' | 'green' | 'blue'> {
  const pixels = luma.length;
  let [redSum, greenSum, blueSum, saturationSum, squares] = [0, 0, 0, 0, 0];
  for (let i = 0, at = 0; i < pixels; i++, at += 3) {
    const red = rgb[at]!;
    const green = rgb[at + 1]!;
    const blue = rgb[at + 2]!;
    redSum += red;
    greenSum += green;
    blueSum += blue;
    const largest = Math.max(red, green, blue);
    const smallest = Math.min(red, green, blue);
    if (largest > smallest) saturationSum += (largest - smallest) / largest;
    const y = RED * red + GREEN * green + BLUE * blue;
    luma[i] = y;
    squares += y * y;
  }
  const mean = (RED * redSum + GREEN * greenSum + BLUE * blueSum) / pixels;
  return {
    brightness: mean / WHITE,
    contrast: Math.sqrt(variance(squares / pixels, mean)) / WHITE,
    saturation: saturationSum / pixels,
    red: redSum / pixels / 255,
    green: greenSum / pixels / 255,
    blue: blueSum / pixels / 255,
  };
}

/** All that looks at neighbours. The border is reflected without repeating the edge pixel (OpenCV's default). */
function measureTexture(luma: Int32Array, height: number, width: number): Values<'sharpness' | 'noise'> {
  let [sum, squares, absolute] = [0, 0, 0];
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
        absolute += Math.abs(corners - 2 * cross + 4 * centre);
      }
    }
  }
  const pixels = height * width;
  const inner = (width - 2) * (height - 2);
  const noise = Math.min(height, width) < 3 ? Number.NaN : (Math.sqrt(Math.PI / 2) * absolute) / (6 * inner) / WHITE;
  return { sharpness: variance(squares / pixels, sum / pixels) / WHITE ** 2, noise };
}

/** The sums are of whole numbers and exact for usual sizes; beyond, rounding must not make a variance negative. */
function variance(meanSquare: number, mean: number): number {
  return Math.max(0, meanSquare - mean * mean);
}
