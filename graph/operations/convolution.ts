/** `nn.Conv2d`: bias plus the sum of the group's input channels under a sliding filter, which is not flipped. */
import { type Activation, activate, activated } from './activation.js';
import type { Layer } from './layer.js';
import { withWeights } from './onnx-form.js';
import { expectChannels, type Operation, planar, type Shape } from './operation.js';
import { onnxPads, type Padding, pair, type Size, slide, symmetric } from './window.js';

export interface Conv2dAttrs {
  inChannels: number;
  outChannels: number;
  kernel: readonly [number, number];
  stride: readonly [number, number];
  padding: Padding;
  dilation: readonly [number, number];
  groups: number;
  bias: boolean;
  /** Set by the fuse pass: applied to the output, after the bias. */
  activation?: Activation;
}

export const operation: Operation<'conv2d', Conv2dAttrs> = {
  op: 'conv2d',

  parameters({ inChannels, outChannels, kernel, groups, bias }) {
    const weight: [string, Shape] = ['weight', [outChannels, inChannels / groups, ...kernel]];
    return new Map(bias ? [weight, ['bias', [outChannels]]] : [weight]);
  },

  outputShape(inputs, attrs) {
    expectChannels(attrs.inChannels, planar(inputs)[0]);
    return [attrs.outChannels, ...slide(inputs, { ...attrs, ceilMode: false })];
  },

  reference([x], attrs, parameter) {
    const { inChannels, outChannels, groups } = attrs;
    const [images, , height, width] = x!.shape as readonly [number, number, number, number];
    const [outHeight, outWidth] = slide([x!.shape.slice(1)], { ...attrs, ceilMode: false });
    const bias = attrs.bias ? parameter('bias') : new Float64Array(outChannels);
    const weight = parameter('weight');
    const inGroup = inChannels / groups;
    const outGroup = outChannels / groups;
    const filter = inGroup * attrs.kernel[0] * attrs.kernel[1];
    const data = new Float64Array(images * outChannels * outHeight * outWidth);
    let to = 0;
    for (let image = 0; image < images; image++) {
      for (let out = 0; out < outChannels; out++) {
        const firstChannel = image * inChannels + Math.floor(out / outGroup) * inGroup;
        const maps = x!.data.subarray(firstChannel * height * width, (firstChannel + inGroup) * height * width);
        for (let row = 0; row < outHeight; row++) {
          for (let column = 0; column < outWidth; column++) {
            data[to++] = bias[out]! + underFilter(maps, [height, width], weight, out * filter, attrs, [row, column]);
          }
        }
      }
    }
    return activate({ shape: [images, outChannels, outHeight, outWidth], data }, attrs.activation);
  },
  onnx(place, attrs) {
    const node = { op: 'Conv', inputs: withWeights(place, attrs.bias), output: place.name };
    return activated({ ...node, attributes: filterAttributes(attrs) }, attrs.activation, place.constants);
  },
};

/** The sum of one filter, from `start` of `weight` on, over a group's maps at one position of the output. */
function underFilter(
  maps: Float64Array,
  [height, width]: readonly [number, number],
  weight: ArrayLike<number>,
  start: number,
  { kernel, stride, padding, dilation }: Conv2dAttrs,
  [row, column]: readonly [number, number],
): number {
  const [kernelHeight, kernelWidth] = kernel;
  const top = row * stride[0] - padding[0];
  const left = column * stride[1] - padding[2];
  const channels = maps.length / (height * width);
  let sum = 0;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < kernelHeight; i++) {
      const y = top + i * dilation[0];
      if (y < 0 || y >= height) continue;
      for (let j = 0; j < kernelWidth; j++) {
        const x = left + j * dilation[1];
        if (x < 0 || x >= width) continue;
        const w = weight[start + (c * kernelHeight + i) * kernelWidth + j]!;
        sum += w * maps[(c * height + y) * width + x]!;
      }
    }
  }
  return sum;
}

/** Arguments of `nn.Conv2d` after the kernel, with its defaults. */
export interface ConvOptions {
  stride?: Size;
  /** All four sides where they differ. */
  padding?: Size | Padding;
  dilation?: Size;
  /** `'depthwise'`: one group a channel. */
  groups?: number | 'depthwise';
  bias?: boolean;
}

/** `nn.Conv2d(in, outChannels, kernel, …)`, with a bias unless the options say otherwise. */
export function conv2d(outChannels: number, kernel: Size, options: ConvOptions = {}): Layer {
  const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
  return (module, x) => {
    const attrs = {
      inChannels: x.channels,
      outChannels,
      kernel: pair(kernel),
      stride: pair(stride),
      padding: symmetric(padding),
      dilation: pair(dilation),
      groups: groups === 'depthwise' ? x.channels : groups,
      bias,
    };
    return module.operation(operation, attrs, x, { channels: outChannels });
  };
}

/** As ONNX has them. */
export function filterAttributes({ kernel, stride, padding, dilation, groups }: Omit<Conv2dAttrs, 'activation'>) {
  return { kernel_shape: kernel, strides: stride, pads: onnxPads(padding), dilations: dilation, group: groups };
}
