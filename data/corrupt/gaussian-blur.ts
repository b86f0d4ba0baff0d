/**
 * Gaussian blur as torchvision's `GaussianBlur` on a uint8 tensor: a sampled and normalised kernel, reflected borders
 * (the edge pixel is not repeated), the result rounded half to even. Summed in float64 where torchvision sums in
 * float32, so a value within float32 rounding of a half may differ by one level.
 */
import type { Image } from '../images/pixel-batch.js';

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
  const weights = gaussianKernel(kernel, sigma);
  const row = width * 3;
  const across = new Float64Array(height * row);
  for (let y = 0; y < height; y++) convolve(image.data, y * row, 3, width, 3, weights, across);
  const result = new Float64Array(height * row);
  convolve(across, 0, row, height, row, weights, result);
  return { height, width, data: Uint8Array.from(result, roundHalfToEven) };
}

/** `exp(-x²/2σ²)` at whole pixels around the middle, adding up to 1. */
export function gaussianKernel(size: number, sigma: number): Float64Array {
  const middle = (size - 1) / 2;
  const kernel = Float64Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((i - middle) / sigma) ** 2));
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

/** Along one axis of `length` positions, `step` apart from `start`; `lanes` neighbouring values at each position. */
function convolve(
  source: Uint8Array | Float64Array,
  start: number,
  step: number,
  length: number,
  lanes: number,
  weights: Float64Array,
  target: Float64Array,
): void {
  const reach = (weights.length - 1) / 2;
  for (let position = 0; position < length; position++) {
    for (let tap = 0; tap < weights.length; tap++) {
      const from = start + reflect(position + tap - reach, length) * step;
      const to = start + position * step;
      for (let lane = 0; lane < lanes; lane++) target[to + lane]! += source[from + lane]! * weights[tap]!;
    }
  }
}

/** …2 1 | 0 1 2 … n-2 n-1 | n-2 n-3… */
function reflect(position: number, length: number): number {
  if (position < 0) return -position;
  return position < length ? position : 2 * (length - 1) - position;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
