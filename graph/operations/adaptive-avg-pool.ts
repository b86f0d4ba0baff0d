/**
 * `nn.AdaptiveAvgPool2d`: average pooling to a fixed output size, with PyTorch's bins: bin `i` of `out` has the pixels
 * from `floor(i·n/out)` to `ceil((i+1)·n/out)`.
 */
import type { Layer, ModuleScope, Value } from './layer.js';
import { planar } from './misfit.js';
import type { Operation } from './operation.js';
import { average, reduceSpans, type Span } from './pooling.js';
import { pair, type Size } from './window.js';

export interface AdaptiveAvgPool2dAttrs {
  /** `[height, width]`. */
  output: readonly [number, number];
}

export const operation: Operation<'adaptiveAvgPool2d', AdaptiveAvgPool2dAttrs> = {
  op: 'adaptiveAvgPool2d',
  outputShape: (inputs, { output }) => [planar(inputs)[0], ...output],
  reference([x], { output }) {
    const [, , height, width] = x!.shape as readonly [number, number, number, number];
    return reduceSpans(x!, bins(height, output[0]), bins(width, output[1]), (pixels) => average(pixels, pixels.length));
  },
};

function bins(size: number, count: number): Span[] {
  return Array.from({ length: count }, (_, i) => ({
    start: Math.floor((i * size) / count),
    end: Math.ceil(((i + 1) * size) / count),
  }));
}

export function adaptiveAvgPool2d(size: Size): Layer {
  const output = pair(size);
  return (module, x) => module.operation(operation, { output }, x, { spatial: output });
}

/** `functional.adaptive_avg_pool2d(x, output)` in the `forward` of `module`. */
export function adaptiveAvgPool2dOf(module: ModuleScope, x: Value, output: readonly [number, number]): Value {
  return module.functional('adaptive_avg_pool2d', operation, { output }, [x], { spatial: output });
}
