/** Position embeddings for another number of patches: `functional.interpolate(mode='bicubic')` of their grid. */
import type { Tensor } from '../../weights/index.js';
import { resizeWeights, type WeightedPixels } from '../operations/resize.js';

/**
 * - `plain`: four neighbours, however far the new positions are apart
 * - `antialias`: as many as lie between two new positions, as Pillow does it
 * - `corners`: four neighbours, with the corners of both grids on each other
 */
export type GridResize = 'plain' | 'antialias' | 'corners';

/** For each place of one axis of the new grid, the old places that it is made of, with weights that sum to 1. */
function gridWeights(from: number, to: number, how: GridResize): WeightedPixels[] {
  const attrs = { size: [to, to], mode: 'cubic' } as const;
  if (how === 'corners') return resizeWeights(from, 0, { ...attrs, coordinates: 'align_corners' });
  // With antialiasing, PyTorch's filter is another (`_upsample_bicubic2d_aa`, ATen's `UpSampleKernel.cpp`).
  const filter = how === 'antialias' ? { antialias: true, excludeOutside: true, cubic: -0.5 } : {};
  return resizeWeights(from, 0, { ...attrs, coordinates: 'half_pixel', ...filter });
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
