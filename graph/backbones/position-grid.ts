/**
 * Positions of a vision transformer for another number of patches: `functional.interpolate(mode='bicubic')` of the grid that
 * they are, as the libraries do it.
 */
import type { Tensor } from '../../weights/index.js';
import { resizeWeights, type WeightedPixels } from '../operations/resize.js';

/**
 * - `plain`: four neighbours, however far the new positions are apart
 * - `antialias`: as many as lie between two new positions, as Pillow does it
 * - `corners`: four neighbours, with the corners of both grids on each other
 */
export type GridResize = 'plain' | 'antialias' | 'corners';

/** The filter that PyTorch takes with antialiasing. */
const CUBIC = -0.5;
/** The filter is 0 from this distance on. */
const REACH = 2;

/** For each place of one axis of the new grid, the old places that it is made of, with weights that sum to 1. */
function gridWeights(from: number, to: number, how: GridResize): WeightedPixels[] {
  if (how === 'antialias') return Array.from({ length: to }, (_, i) => antialiased(i, from, from / to));
  const coordinates = how === 'plain' ? 'half_pixel' : 'align_corners';
  return resizeWeights(from, 0, { size: [to, to], mode: 'cubic', coordinates });
}

/** As `_upsample_bicubic2d_aa` of PyTorch (`aten/src/ATen/native/cpu/UpSampleKernel.cpp`). */
function antialiased(i: number, length: number, scale: number): WeightedPixels {
  const stretch = Math.max(scale, 1);
  const centre = scale * (i + 0.5);
  const first = Math.max(Math.trunc(centre - REACH * stretch + 0.5), 0);
  const end = Math.min(Math.trunc(centre + REACH * stretch + 0.5), length);
  const pixels = Array.from({ length: end - first }, (_, j) => first + j);
  const weights = pixels.map((pixel) => cubic((pixel - centre + 0.5) / stretch));
  const total = weights.reduce((a, b) => a + b, 0);
  return { from: pixels, weights: weights.map((weight) => weight / total) };
}

function cubic(x: number): number {
  const z = Math.abs(x);
  if (z < 1) return ((CUBIC + 2) * z - (CUBIC + 3)) * z * z + 1;
  return z < REACH ? ((z - 5) * z + 8) * CUBIC * z - 4 * CUBIC : 0;
}

/**
 * @param positions `[1, first + from², width]`
 * @param first tokens before the patches, which keep their positions
 * @returns `[1, first + to², width]`
 */
export function resizeGrid(
  { shape, data }: Tensor,
  first: number,
  { from, to, how }: { from: number; to: number; how: GridResize },
): Tensor {
  const width = shape.at(-1)!;
  const resized = new Float32Array((first + to ** 2) * width);
  resized.set(data.subarray(0, first * width));
  const weights = gridWeights(from, to, how);
  for (const [row, vertical] of weights.entries()) {
    for (const [column, horizontal] of weights.entries()) {
      const target = (first + row * to + column) * width;
      for (let channel = 0; channel < width; channel++) {
        let sum = 0;
        for (const [i, y] of vertical.from.entries()) {
          for (const [j, x] of horizontal.from.entries()) {
            const weight = vertical.weights[i]! * horizontal.weights[j]!;
            sum += weight * data[(first + y * from + x) * width + channel]!;
          }
        }
        resized[target + channel] = sum;
      }
    }
  }
  return { shape: [...shape.slice(0, -2), first + to ** 2, width], data: resized };
}
