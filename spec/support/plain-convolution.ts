/** The attributes of a convolution without anything special. */
import type { Conv2dAttrs } from '../../graph/index.js';

/** A square filter of an odd side, of stride 1, with a border that keeps the map as large as it is. */
export function plainConvolution(side: number, inChannels: number, outChannels: number, bias = true) {
  const border = (side - 1) / 2;
  return {
    inChannels,
    outChannels,
    kernel: [side, side],
    stride: [1, 1],
    padding: [border, border, border, border],
    dilation: [1, 1],
    groups: 1,
    bias,
  } as const satisfies Conv2dAttrs;
}
