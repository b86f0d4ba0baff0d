/** The reference of `graph/` on a single image. Passes and engines are compared with it. */
import type { BoundGraph } from '../../graph/index.js';
import type { Values } from '../../graph/operations/operation.js';
import { runReference } from '../../graph/reference.js';
import type { Tensor } from '../../weights/index.js';

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
