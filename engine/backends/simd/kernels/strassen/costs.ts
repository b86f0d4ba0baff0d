/** What seven products cost besides their multiplications. */
import type { Value } from '../../planning/value.js';

/*
 * Fitted to the layers of thirteen networks with seven products and with eight (Zen 5, 256-bit): the cost of a product, in
 * input channels, since tiles are loaded, stored and added; and those of a sum of inputs and of a residual that is added,
 * beside that of a float of a Winograd transform. Inputs of one tap are read in a row. Where inputs come from an outer
 * cache, other kernels wait for them as long, so a sum costs little there. Residuals come from outer memory while a tile
 * waits, if they are not near.
 */
export const STEPS_OF_A_PRODUCT = 9;
export const SUM_COST = { near: 0.4, far: 0.1 };
export const SUM_OF_TAPS_COST = 0.5;
export const RESIDUAL_COST = { near: 0.3, far: 1.3 };
/** An image's values of up to so many bytes are near: in an L2 cache. */
const NEAR_BYTES = 448 << 10;

/** By the size of an image's map, not by that of a batch: no bit of a result depends on the batch. */
export function distanceOf({ map }: Value): 'near' | 'far' {
  return 4 * map[0] * map[1] * map[2] <= NEAR_BYTES ? 'near' : 'far';
}
