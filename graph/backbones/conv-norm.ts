/** Layers that many families have: a convolution with its batch norm and activation, and the pooling before the head. */
import { adaptiveAvgPool2d } from '../operations/adaptive-pooling.js';
import { multiply } from '../operations/arithmetic.js';
import { batchNorm2d } from '../operations/batch-norm.js';
import { type ConvOptions, conv2d } from '../operations/convolution.js';
import { flatten } from '../operations/flatten.js';
import { type Layer, type ModuleScope, sequential, type Value } from '../operations/layer.js';
import type { Size } from '../operations/window.js';

/** torchvision's `Conv2dNormActivation`: modules 0, 1 and, with an activation, 2. */
export function convNorm(
  outChannels: number,
  kernel: Size,
  { activation, eps, ...options }: ConvOptions & { activation?: Layer | undefined; eps?: number } = {},
): Layer {
  const layers = [conv2d(outChannels, kernel, { bias: false, ...options }), batchNorm2d(eps)];
  return sequential(...layers, ...(activation === undefined ? [] : [activation]));
}

/** Functions inside a squeeze-and-excitation: between its convolutions, and of its output. */
export interface SqueezeStyle {
  activation: Layer;
  gate: Layer;
}

/** torchvision's `SqueezeExcitation` (https://arxiv.org/abs/1709.01507): each channel times a factor from all channels' means. */
export function squeezeExcitation(squeeze: number, { activation, gate }: SqueezeStyle): Layer {
  return (m, x) => {
    let scale = m.run('avgpool', adaptiveAvgPool2d(1), x);
    scale = m.run('activation', activation, m.run('fc1', conv2d(squeeze, 1), scale));
    scale = m.run('scale_activation', gate, m.run('fc2', conv2d(x.channels, 1), scale));
    return multiply(m, x, scale);
  };
}

/** The module that stands for a pooling that PyTorch's network calls as a function, so that it has a name as a tap. */
export const GLOBAL_POOL = 'global_pool';

/** The mean of each channel, as the module `global_pool`: `[N, C, H, W]` → `[N, C]`. */
export function globalPool(m: ModuleScope, x: Value): Value {
  return m.run(GLOBAL_POOL, (inner, map) => flatten(inner, inner.run('pool', adaptiveAvgPool2d(1), map)), x);
}
