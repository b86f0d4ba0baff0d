/**
 * `nn.LocalResponseNorm` (AlexNet, GoogLeNet): `x / (k + α/n·Σx²)^β`, the sum over `n` neighbouring channels: `⌊n/2⌋`
 * before and `⌊(n − 1)/2⌋` after, as in PyTorch. Channels outside count as 0.
 */
import type { Layer } from './layer.js';
import { planar } from './misfit.js';
import type { Operation } from './operation.js';
import { linesAlong } from './positions.js';

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
        output[start + c * stride] = data[start + c * stride]! / (k + (alpha / size) * sum) ** beta;
      }
    }
    return { shape, data: output };
  },
};

/** `nn.LocalResponseNorm(size, alpha, beta, k)`. */
export function localResponseNorm(size: number, alpha = 1e-4, beta = 0.75, k = 1): Layer {
  return (module, x) => module.operation(operation, { size, alpha, beta, k }, x, { spatial: x.spatial });
}
