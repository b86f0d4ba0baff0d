/** Layers that many families have: convolutions with their norms, poolings before the head, perceptrons of tokens. */
import type { Layer, ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';

/** torchvision's `Conv2dNormActivation`: modules 0, 1 and, with an activation, 2. */
export function convNorm(
  outChannels: number,
  kernel: nn.Size,
  { activation, eps, ...options }: nn.ConvOptions & { activation?: Layer | undefined; eps?: number } = {},
): Layer {
  const layers = [nn.conv2d(outChannels, kernel, { bias: false, ...options }), nn.batchNorm2d(eps)];
  return nn.sequential(...layers, ...(activation === undefined ? [] : [activation]));
}

/** Functions inside a squeeze-and-excitation: between its convolutions, and of its output. */
export interface SqueezeStyle {
  activation: Layer;
  gate: Layer;
}

/** ReLU and sigmoid, as in most networks. */
export const GATED: SqueezeStyle = { activation: nn.relu, gate: nn.pointwise('sigmoid') };

/** torchvision's `SqueezeExcitation` (https://arxiv.org/abs/1709.01507): channels times factors from their means. */
export function squeezeExcitation(squeeze: number, { activation, gate }: SqueezeStyle): Layer {
  return (m, x) => {
    let scale = m.run('avgpool', nn.adaptiveAvgPool2d(1), x);
    scale = m.run('activation', activation, m.run('fc1', nn.conv2d(squeeze, 1), scale));
    scale = m.run('scale_activation', gate, m.run('fc2', nn.conv2d(x.channels, 1), scale));
    return nn.multiply(m, x, scale);
  };
}

/** The module that stands for a pooling that PyTorch's network calls as a function, so that it has a name as a tap. */
export const GLOBAL_POOL = 'global_pool';

/** The mean of each channel, as the module `global_pool`: `[N, C, H, W]` → `[N, C]`. */
export function globalPool(m: ModuleScope, x: Value): Value {
  return m.run(GLOBAL_POOL, (inner, map) => nn.flatten(inner, inner.run('pool', nn.adaptiveAvgPool2d(1), map)), x);
}

/** Channels last: `[N, C, H, W]` → `[N, H, W, C]`. */
export function channelsLast(m: ModuleScope, x: Value): Value {
  return nn.permute(m, x, [2, 3, 1]);
}

/** `[N, H, W, C]` → `[N, C, H, W]`. */
export function channelsFirst(m: ModuleScope, x: Value): Value {
  return nn.permute(m, x, [3, 1, 2]);
}

/** Layer norm over the channels of each pixel of a map: `LayerNorm2d`. */
export function layerNorm2d(eps: number): Layer {
  return (m, x) => channelsFirst(m, nn.layerNorm(eps)(m, channelsLast(m, x)));
}

/** `fc1`, an activation, `fc2`. */
export function mlp(hidden: number, activation: nn.PointwiseFunction): Layer {
  return (m, x) => {
    const y = m.run('act', nn.pointwise(activation), m.run('fc1', nn.linear(hidden), x));
    return m.run('fc2', nn.linear(x.channels), y);
  };
}

/** A factor a channel, the last axis (LayerScale, https://arxiv.org/abs/2103.17239), a tensor of the module. */
export function scaled(m: ModuleScope, x: Value, name: string, rank: number): Value {
  const shape = [...new Array<number>(rank - 1).fill(1), x.channels];
  return nn.multiply(m, x, nn.parameter(m, name, { shape, stored: [x.channels] }));
}

/** The convolution of GoogLeNet and Inception v3: `BasicConv2d`, with its batch norm of ε = 0.001 and a ReLU. */
export function basicConv(outChannels: number, kernel: nn.Size, options: nn.ConvOptions = {}): Layer {
  return (m, x) => {
    const y = m.run('conv', nn.conv2d(outChannels, kernel, { bias: false, ...options }), x);
    const normed = m.run('bn', nn.batchNorm2d(0.001), y);
    return m.functional('relu', nn.reluOperation, null, [normed], { spatial: normed.spatial });
  };
}

/** torchvision's pretrained networks change ImageNet's normalisation to (pixel/255 - 0.5) / 0.5 (`transform_input`). */
export const halfPreprocessing = { ...imagenetPreprocessing, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

export const TRANSFORM_INPUT =
  "mean and std are 0.5 as torchvision's pretrained weights need them (transform_input); a network that was trained without " +
  'them needs its own (--mean, --std)';
