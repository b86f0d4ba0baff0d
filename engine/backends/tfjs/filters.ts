/** Converts PyTorch's filter layout, `[out, in/groups, kh, kw]`, to TensorFlow's. */
import type { Tensor } from '../../../weights/index.js';

/**
 * Gives `[kh, kw, in, out]`. Several groups become one dense filter, with zeros where an output does not see an input.
 */
export function groupedFilter(weight: Tensor, groups: number): Float32Array {
  const [outChannels = 1, inPerGroup = 1, kernelHeight = 1, kernelWidth = 1] = weight.shape;
  const taps = kernelHeight * kernelWidth;
  const inChannels = groups * inPerGroup;
  const outPerGroup = outChannels / groups;
  const filter = new Float32Array(taps * inChannels * outChannels);
  let from = 0;
  for (let out = 0; out < outChannels; out++) {
    const firstInput = Math.floor(out / outPerGroup) * inPerGroup;
    for (let input = firstInput; input < firstInput + inPerGroup; input++) {
      for (let tap = 0; tap < taps; tap++) {
        filter[(tap * inChannels + input) * outChannels + out] = weight.data[from++]!;
      }
    }
  }
  return filter;
}

/** `[in·multiplier, 1, kh, kw]` → `[kh, kw, in, multiplier]`; output `c·multiplier + m` sees input `c` in both. */
export function depthwiseFilter(weight: Tensor): Float32Array {
  const [outChannels = 1, , kernelHeight = 1, kernelWidth = 1] = weight.shape;
  return transposed(weight.data, outChannels, kernelHeight * kernelWidth);
}

/** `[rows, columns]` → `[columns, rows]`. */
export function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column]!;
  }
  return result;
}
