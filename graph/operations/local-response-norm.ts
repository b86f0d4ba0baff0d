/** `nn.LocalResponseNorm`: `x / (k + α/n·Σx²)^β` over `⌊n/2⌋` channels before and `⌊(n − 1)/2⌋` after; 0 outside. */

import { pow } from '../../base/math/index.js';
import { type OnnxNode, OnnxParts, type OnnxPlace } from './onnx-form.js';
import { linesAlong, type Operation, planar } from './operation.js';

export interface LocalResponseNormAttrs {
  size: number;
  alpha: number;
  beta: number;
  k: number;
}

export const operation: Operation<'localResponseNorm', LocalResponseNormAttrs> = {
  op: 'localResponseNorm',
  outputShape: planar,
  reference([x], { size, alpha, beta, k }) {
    const { shape, data } = x!;
    const { length, stride, starts } = linesAlong(shape, 1);
    const output = new Float64Array(data.length);
    for (const start of starts) {
      for (let c = 0; c < length; c++) {
        let sum = 0;
        const last = Math.min(length - 1, c + Math.floor((size - 1) / 2));
        for (let i = Math.max(0, c - Math.floor(size / 2)); i <= last; i++) sum += data[start + i * stride]! ** 2;
        output[start + c * stride] = data[start + c * stride]! / pow(k + (alpha / size) * sum, beta);
      }
    }
    return { shape, data: output };
  },
  onnx: written,
};

/** `[channels, channels]`, symmetric or not: row `to` has 1 where channel `to` sums channel `from`, else 0. */
export function neighbourMatrix(channels: number, size: number): Float32Array {
  const matrix = new Float32Array(channels * channels);
  for (let to = 0; to < channels; to++) {
    const first = Math.max(0, to - Math.floor(size / 2));
    const last = Math.min(channels - 1, to + Math.floor((size - 1) / 2));
    matrix.fill(1, to * channels + first, to * channels + last + 1);
  }
  return matrix;
}

/** For an even size, ONNX has the odd channel after and PyTorch before: then a convolution sums the channels. */
function written(
  { name, inputs: [input], constants, shapeOf }: OnnxPlace,
  { size, alpha, beta, k }: LocalResponseNormAttrs,
): OnnxNode[] {
  if (size % 2 === 1) {
    const attributes = { size, alpha: { float: alpha }, beta: { float: beta }, bias: { float: k } };
    return [{ op: 'LRN', inputs: [input], output: name, attributes }];
  }
  const channels = shapeOf(input)[0]!;
  const values = neighbourMatrix(channels, size);
  const neighbours = constants.floats(`${size} neighbours of ${channels}`, [channels, channels, 1, 1], values);
  const parts = new OnnxParts({ name });
  const sums = parts.add('sums', 'Conv', [parts.add('squares', 'Mul', [input, input]), neighbours]);
  const scaled = parts.add('scaled', 'Mul', [sums, constants.scalar(alpha / size)]);
  const base = parts.add('base', 'Add', [scaled, constants.scalar(k)]);
  return parts.end('Div', [input, parts.add('divisor', 'Pow', [base, constants.scalar(beta)])]);
}
