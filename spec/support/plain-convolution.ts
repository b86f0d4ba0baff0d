/** The attributes of a convolution without anything special. */
import type { BoundGraph, Conv2dAttrs } from '../../graph/index.js';
import type { Values } from '../../graph/operations/operation.js';
import { runReference } from '../../graph/reference.js';
import type { Tensor } from '../../weights/index.js';

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

// The reference of `graph/` on a single image. Passes and engines are compared with it.

export type { Values } from '../../graph/operations/operation.js';

/**
 * The output of every node, `[C, H, W]` or `[C]`, by name.
 *
 * @param image what a network sees, `[3, H, W]`
 */
export function evaluate(bound: BoundGraph, image: Tensor): Map<string, Values> {
  const images = { shape: [1, ...image.shape], data: Float64Array.from(image.data) };
  return new Map([...runReference(bound, images)].map(([name, values]) => [name, firstOf(values)]));
}

/** A batch of one without its first dimension. */
export function firstOf({ shape, data }: Values): Values {
  return { shape: shape.slice(1), data };
}
