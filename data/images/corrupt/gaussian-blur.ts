/**
 * Gaussian blur as torchvision's `GaussianBlur` on a uint8 tensor: a sampled and normalised kernel, reflected borders
 * (the edge pixel is not repeated), the result rounded half to even. Summed in float64 where torchvision sums in
 * float32, so a value within float32 rounding of a half may differ by one level.
 */
import type { Image } from '../pixel-batch.js';
import { convolveSeparably } from './convolve.js';

/**
 * @param kernel odd number of pixels
 * @param sigma standard deviation, pixels
 * @throws RangeError when the kernel is even or reaches over the whole image
 */
export function gaussianBlur(image: Image, kernel: number, sigma: number): Image {
  const { height, width } = image;
  const reach = (kernel - 1) / 2;
  if (!Number.isInteger(reach) || reach < 0 || reach >= Math.min(height, width) || !(sigma > 0)) {
    throw new RangeError(`blur of kernel ${kernel}, sigma ${sigma} on an image of ${height} × ${width}`);
  }
  const blurred = convolveSeparably(image, gaussianKernel(kernel, sigma), 'reflect');
  return { height, width, data: Uint8Array.from(blurred, roundHalfToEven) };
}

/** `exp(-x²/2σ²)` at whole pixels around the middle, adding up to 1. */
export function gaussianKernel(size: number, sigma: number): Float64Array {
  const middle = (size - 1) / 2;
  const kernel = Float64Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((i - middle) / sigma) ** 2));
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
