/** `nn.MaxPool2d`: the largest pixel of each window. Padding is never the largest. */
import type { Layer } from './layer.js';
import type { Operation } from './operation.js';
import { type Pool2dAttrs, type PoolOptions, poolShape, poolWindows } from './pooling.js';
import { pair, type Size, symmetric } from './window.js';

export const operation: Operation<'maxPool2d', Pool2dAttrs> = {
  op: 'maxPool2d',
  outputShape: poolShape,
  reference: ([x], attrs) => poolWindows(x!, attrs, (pixels) => Math.max(...pixels)),
};

export function maxPool2d(kernel: Size, { stride, padding = 0, ceilMode = false }: PoolOptions): Layer {
  const attrs = { kernel: pair(kernel), stride: pair(stride), padding: symmetric(padding), ceilMode };
  return (module, x) => module.operation(operation, attrs, x);
}
