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
import { BLUE, GREEN, type ImageSums, RED, sumImage } from './image-sums.js';
import { sumsKernel } from './kernel/sums-kernel.js';
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

/** Luma of white, in the units of the sums. */
const WHITE = 255 * (RED + GREEN + BLUE);

/** The statistics of every image of a batch, `[rows]` each, in the order of `IMAGE_STATISTICS`. */
export function imageStatistics(batch: PixelBatch): Map<ImageStatistic, Float32Array> {
  const columns = new Map(IMAGE_STATISTICS.map((name) => [name, new Float32Array(batch.rows)]));
  let row = 0;
  for (const sums of sumsKernel(batch)?.sumsOf(batch) ?? plainSumsOf(batch)) {
    const values = statisticsOf(sums, batch.height, batch.width);
    for (const [name, column] of columns) column[row] = values[name];
    row++;
  }
  return columns;
}

function* plainSumsOf(batch: PixelBatch): Generator<ImageSums, void, undefined> {
  const luma = new Int32Array(batch.height * batch.width);
  for (const image of imagesOf(batch)) yield sumImage(image, luma);
}

function statisticsOf(sums: ImageSums, height: number, width: number): Record<ImageStatistic, number> {
  const pixels = height * width;
  const inner = (width - 2) * (height - 2);
  const mean = (RED * sums.red + GREEN * sums.green + BLUE * sums.blue) / pixels;
  const noise = Math.min(height, width) < 3 ? Number.NaN : (Math.sqrt(Math.PI / 2) * sums.noise) / (6 * inner) / WHITE;
  return {
    brightness: mean / WHITE,
    contrast: Math.sqrt(variance(sums.squares / pixels, mean)) / WHITE,
    sharpness: variance(sums.squaredLaplacian / pixels, sums.laplacian / pixels) / WHITE ** 2,
    noise,
    saturation: sums.saturation / pixels,
    red: sums.red / pixels / 255,
    green: sums.green / pixels / 255,
    blue: sums.blue / pixels / 255,
  };
}

/** The sums are of whole numbers and exact for usual sizes; beyond, rounding must not make a variance negative. */
function variance(meanSquare: number, mean: number): number {
  return Math.max(0, meanSquare - mean * mean);
}
