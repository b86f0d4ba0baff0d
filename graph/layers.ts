/**
 * The layers that backbones are made of, with the arguments and defaults of PyTorch's `torch.nn`
 * (https://pytorch.org/docs/stable/nn.html). Input channels are never an argument: they follow from the input.
 */
import type { Layer, ModuleScope, Value } from './graph-builder.js';

/** One number for both directions, or `[vertical, horizontal]`. */
type Size = number | readonly [number, number];

function pair(size: Size): readonly [number, number] {
  return typeof size === 'number' ? [size, size] : size;
}

/** PyTorch's padding: as much at the top as at the bottom, as much left as right. */
function symmetric(padding: Size): readonly [number, number, number, number] {
  const [vertical, horizontal] = pair(padding);
  return [vertical, vertical, horizontal, horizontal];
}

export interface ConvOptions {
  stride?: Size;
  padding?: Size;
  dilation?: Size;
  /** `'depthwise'`: one group a channel. */
  groups?: number | 'depthwise';
  bias?: boolean;
}

/** `nn.Conv2d(in, outChannels, kernel, …)`; with a bias unless told otherwise. */
export function conv2d(outChannels: number, kernel: Size, options: ConvOptions = {}): Layer {
  const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
  return (module, x) =>
    module.operation(
      {
        op: 'conv2d',
        attrs: {
          inChannels: x.channels,
          outChannels,
          kernel: pair(kernel),
          stride: pair(stride),
          padding: symmetric(padding),
          dilation: pair(dilation),
          groups: groups === 'depthwise' ? x.channels : groups,
          bias,
        },
      },
      x,
      { channels: outChannels },
    );
}

/** `nn.BatchNorm2d`, with its running statistics. */
export function batchNorm2d(eps = 1e-5): Layer {
  return (module, x) => module.operation({ op: 'batchNorm2d', attrs: { channels: x.channels, eps } }, x);
}

/** `nn.ReLU`; inplace or not is the same here: a node's output is never written over. */
export const relu: Layer = (module, x) => module.operation({ op: 'relu' }, x, { spatial: x.spatial });

export const relu6: Layer = (module, x) => module.operation({ op: 'relu6' }, x, { spatial: x.spatial });

/** `nn.Dropout`: does nothing at inference. */
export const dropout: Layer = (module, x) => module.operation({ op: 'identity' }, x, { spatial: x.spatial });

export interface PoolOptions {
  stride: Size;
  padding?: Size;
  ceilMode?: boolean;
}

export function maxPool2d(kernel: Size, { stride, padding = 0, ceilMode = false }: PoolOptions): Layer {
  const attrs = { kernel: pair(kernel), stride: pair(stride), padding: symmetric(padding), ceilMode };
  return (module, x) => module.operation({ op: 'maxPool2d', attrs }, x);
}

export function adaptiveAvgPool2d(size: Size): Layer {
  const output = pair(size);
  return (module, x) => module.operation({ op: 'adaptiveAvgPool2d', attrs: { output } }, x, { spatial: output });
}

/** `nn.Linear(in, outFeatures)`, with a bias. */
export function linear(outFeatures: number): Layer {
  return (module, x) =>
    module.operation({ op: 'linear', attrs: { inFeatures: x.channels, outFeatures, bias: true } }, x, {
      channels: outFeatures,
      spatial: [1, 1],
    });
}

/** `nn.Sequential`: children are named by their position. */
export function sequential(...layers: readonly Layer[]): Layer {
  return (module, x) => layers.reduce((value, layer, i) => module.run(String(i), layer, value), x);
}

/** `a + b` in the `forward` of `module`. */
export function add(module: ModuleScope, a: Value, b: Value): Value {
  return module.functional('add', { op: 'add', attrs: {} }, [a, b]);
}

/** `torch.flatten(x, 1)` in the `forward` of `module`; after a pooling that fixes the size. */
export function flatten(module: ModuleScope, x: Value): Value {
  if (x.spatial === null) throw new Error('Only a value of fixed height and width can be flattened.');
  const channels = x.channels * x.spatial[0] * x.spatial[1];
  return module.functional('flatten', { op: 'flatten' }, [x], { channels, spatial: [1, 1] });
}

/** `functional.adaptive_avg_pool2d(x, output)` in the `forward` of `module`. */
export function adaptiveAvgPool2dOf(module: ModuleScope, x: Value, output: readonly [number, number]): Value {
  return module.functional('adaptive_avg_pool2d', { op: 'adaptiveAvgPool2d', attrs: { output } }, [x], {
    spatial: output,
  });
}
