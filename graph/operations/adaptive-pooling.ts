/**
 * `nn.AdaptiveAvgPool2d` and `nn.AdaptiveMaxPool2d`: pooling to a fixed output size, with PyTorch's bins: bin `i` of `out`
 * has the pixels from `floor(i·n/out)` to `ceil((i+1)·n/out)`. To one pixel, they are the global pools.
 */
import type { Layer, ModuleScope, Value } from './layer.js';
import { planar } from './misfit.js';
import type { Operation } from './operation.js';
import { average, reduceSpans, type Span } from './pooling.js';
import { pair, type Size } from './window.js';

export interface AdaptivePool2dAttrs {
  /** `[height, width]`. */
  output: readonly [number, number];
}

export const averageOperation = adaptivePool('adaptiveAvgPool2d', (pixels) => average(pixels, pixels.length));
export const maxOperation = adaptivePool('adaptiveMaxPool2d', (pixels) => Math.max(...pixels));

function adaptivePool<Name extends string>(
  op: Name,
  reduce: (pixels: readonly number[]) => number,
): Operation<Name, AdaptivePool2dAttrs> {
  return {
    op,
    outputShape: (inputs, { output }) => [planar(inputs)[0], ...output],
    reference([x], { output }) {
      const [, , height, width] = x!.shape as readonly [number, number, number, number];
      return reduceSpans(x!, bins(height, output[0]), bins(width, output[1]), reduce);
    },
  };
}

/** Pixels of each bin along one axis. */
export function bins(size: number, count: number): Span[] {
  return Array.from({ length: count }, (_, i) => ({
    start: Math.floor((i * size) / count),
    end: Math.ceil(((i + 1) * size) / count),
  }));
}

export function adaptiveAvgPool2d(size: Size): Layer {
  const output = pair(size);
  return (module, x) => module.operation(averageOperation, { output }, x, { spatial: output });
}

export function adaptiveMaxPool2d(size: Size): Layer {
  const output = pair(size);
  return (module, x) => module.operation(maxOperation, { output }, x, { spatial: output });
}

/** `functional.adaptive_avg_pool2d(x, output)` in the `forward` of `module`. */
export function adaptiveAvgPool2dOf(module: ModuleScope, x: Value, output: readonly [number, number]): Value {
  return module.functional('adaptive_avg_pool2d', averageOperation, { output }, [x], { spatial: output });
}
