/** `nn.ConvTranspose2d`: each pixel adds its value times its group's filters, `stride` apart; padding is cut off. */
import { type Conv2dAttrs, filterAttributes } from './convolution.js';
import { withWeights } from './onnx-form.js';
import { expectChannels, type Operation, planar, type Shape, WindowMisfit } from './operation.js';

export interface ConvTranspose2dAttrs extends Omit<Conv2dAttrs, 'activation'> {
  /** Rows at the bottom and columns at the right that are added to the output. */
  outputPadding: readonly [number, number];
}

export const operation: Operation<'convTranspose2d', ConvTranspose2dAttrs> = {
  op: 'convTranspose2d',

  parameters({ inChannels, outChannels, kernel, groups, bias }) {
    const weight: [string, Shape] = ['weight', [inChannels, outChannels / groups, ...kernel]];
    return new Map(bias ? [weight, ['bias', [outChannels]]] : [weight]);
  },

  outputShape(inputs, attrs) {
    const [channels, height, width] = planar(inputs);
    expectChannels(attrs.inChannels, channels);
    const sizes = transposedSize([height, width], attrs);
    if (Math.min(...sizes) < 1) throw new WindowMisfit(`${height}×${width}, of which its padding leaves nothing`);
    return [attrs.outChannels, ...sizes];
  },

  reference([x], attrs, parameter) {
    const { inChannels, outChannels, kernel, stride, padding, dilation, groups } = attrs;
    const [images, , height, width] = x!.shape as readonly [number, number, number, number];
    const [outHeight, outWidth] = transposedSize([height, width], attrs);
    const weight = parameter('weight');
    const bias = attrs.bias ? parameter('bias') : new Float64Array(outChannels);
    const plane = outHeight * outWidth;
    const [inGroup, outGroup] = [inChannels / groups, outChannels / groups];
    const data = new Float64Array(images * outChannels * plane);
    for (let i = 0; i < data.length; i++) data[i] = bias[Math.floor(i / plane) % outChannels]!;
    for (const [i, value] of x!.data.entries()) {
      const [column, row] = [i % width, Math.floor(i / width) % height];
      const input = Math.floor(i / (width * height)) % inChannels;
      const image = Math.floor(i / (width * height * inChannels));
      for (let out = 0; out < outGroup; out++) {
        const channel = Math.floor(input / inGroup) * outGroup + out;
        for (let ky = 0; ky < kernel[0]; ky++) {
          const y = row * stride[0] + ky * dilation[0] - padding[0];
          if (y < 0 || y >= outHeight) continue;
          for (let kx = 0; kx < kernel[1]; kx++) {
            const at = column * stride[1] + kx * dilation[1] - padding[2];
            if (at < 0 || at >= outWidth) continue;
            const w = weight[((input * outGroup + out) * kernel[0] + ky) * kernel[1] + kx]!;
            data[(image * outChannels + channel) * plane + y * outWidth + at]! += w * value;
          }
        }
      }
    }
    return { shape: [images, outChannels, outHeight, outWidth], data };
  },
  onnx(place, attrs) {
    const { dilations, group, ...window } = filterAttributes(attrs);
    const attributes = { ...window, dilations, output_padding: attrs.outputPadding, group };
    return [{ op: 'ConvTranspose', inputs: withWeights(place, attrs.bias), output: place.name, attributes }];
  },
};

/** `[height, width]` of the output. */
export function transposedSize(
  size: readonly [number, number],
  { kernel, stride, padding, dilation, outputPadding }: ConvTranspose2dAttrs,
): [number, number] {
  const along = (axis: 0 | 1) => {
    const cut = padding[2 * axis]! + padding[2 * axis + 1]!;
    return (size[axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 - cut + outputPadding[axis];
  };
  return [along(0), along(1)];
}
