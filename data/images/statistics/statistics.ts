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

import type { PixelBatch } from '../pixel-batch.js';
import { BLUE, GREEN, IMAGE_SUMS, plainSums, RED } from './image-sums.js';
import { sumsKernel } from './kernel/sums-kernel.js';

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
  const { rows, height, width } = batch;
  const sums = sumsKernel(batch)?.sumsOf(batch) ?? plainSums(batch);
  const pixels = height * width;
  /** The number of pixels that are not at the border; NaN where there are none. */
  const inner = Math.min(height, width) < 3 ? Number.NaN : (width - 2) * (height - 2);
  const column = () => new Float32Array(rows);
  const [brightness, contrast, sharpness, noise] = [column(), column(), column(), column()];
  const [saturation, red, green, blue] = [column(), column(), column(), column()];
  for (let i = 0, at = 0; i < rows; i++, at += IMAGE_SUMS.length) {
    const [redSum, greenSum, blueSum] = [sums[at]!, sums[at + 1]!, sums[at + 2]!];
    const [saturationSum, squares] = [sums[at + 3]!, sums[at + 4]!];
    const [laplacian, squaredLaplacian, noiseSum] = [sums[at + 5]!, sums[at + 6]!, sums[at + 7]!];
    const mean = (RED * redSum + GREEN * greenSum + BLUE * blueSum) / pixels;
    brightness[i] = mean / WHITE;
    contrast[i] = Math.sqrt(variance(squares / pixels, mean)) / WHITE;
    sharpness[i] = variance(squaredLaplacian / pixels, laplacian / pixels) / WHITE ** 2;
    noise[i] = (Math.sqrt(Math.PI / 2) * noiseSum) / (6 * inner) / WHITE;
    saturation[i] = saturationSum / pixels;
    red[i] = redSum / pixels / 255;
    green[i] = greenSum / pixels / 255;
    blue[i] = blueSum / pixels / 255;
  }
  const columns = { brightness, contrast, sharpness, noise, saturation, red, green, blue };
  return new Map(IMAGE_STATISTICS.map((name) => [name, columns[name]]));
}

/** The sums are of whole numbers and exact for usual sizes; beyond, rounding must not make a variance negative. */
function variance(meanSquare: number, mean: number): number {
  return Math.max(0, meanSquare - mean * mean);
}
