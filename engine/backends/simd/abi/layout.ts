/**
 * The layout of numbers in memory: the sizes that the plan and the kernels agree on.
 *
 * **Memory.** All threads share one `WebAssembly.Memory`. It holds packed weights, parameters and tables once, and all
 * threads read them. Each batch under way has an *arena*: input pixels, activations, scratch. Shared data has absolute
 * addresses. A place in the arena is a byte offset from its start, so one plan serves every arena.
 *
 * **Activations** are `[height][width][image][channel]` in float32. One position of the map is a contiguous
 * `[images][channels]` matrix, so a convolution is a sum of matrix products over the taps that see no padding, without
 * im2col. The channels of a row are padded to a multiple of 16 (`channelStride`).
 * Steps on views leave the padding as it is, so no kernel may let it into a result.
 */
import { roundUp } from '../../../../base/wasm/index.js';

/**
 * Channels are padded to a multiple of this, and a panel has so many: one cache line of floats, two AVX registers, four
 * of 128 bits.
 */
export const LANES = 16;
/** Rows of the largest tile. */
export const TILE_ROWS = 6;
/** Bytes of the largest tile, with the floats of its rows one after the other. */
export const TILE_BYTES = TILE_ROWS * LANES * 4;
/**
 * The most products that one accumulator adds up. Longer sums are computed in blocks of equal length, which are then
 * added: the rounding error of a sum grows with its length (Higham 2002, *Accuracy and Stability of Numerical
 * Algorithms*, 2nd ed., §4.2, https://doi.org/10.1137/1.9780898718027). A block costs as much as two or three products.
 */
export const BLOCK_TERMS = 128;
/** Bytes that must be readable (not meaningful) after every buffer, since kernels load whole tiles. */
export const SLACK = 192;
/** Every address given to a kernel is a multiple of this. Offsets within a row need not be. */
export const ALIGNMENT = 64;
/** The smallest and the largest value that a step lets through. */
export type Clamp = readonly [number, number];
export const NO_CLAMP: Clamp = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** `clampAt` points to 8 × the smallest value let through, then 8 × the largest; infinities if there is no limit. */
export const CLAMP_FLOATS = 16;

/** The number of panels of 16 for so many output channels. The last panel may be partly filled. */
export function panelsOf(channels: number): number {
  return Math.ceil(channels / LANES);
}

/** Bytes from one run of so many floats to the next. Padding keeps runs from sharing cache sets. */
export function padded(floats: number): number {
  return roundUp(floats * 4, ALIGNMENT) + ALIGNMENT;
}

/**
 * Cuts rows into tiles: 6 rows each, the last few 5 or 4, which are nearly as fast per row. Smaller tiles are used only
 * if there is no other way.
 */
export function tileSizes(rows: number): number[] {
  const sizes: number[] = [];
  let left = rows;
  const take = (size: number) => {
    sizes.push(Math.min(size, left));
    left -= size;
  };
  while (left > 0) take(left === 5 || left === 9 || left === 13 ? 5 : left === 6 || left > 9 ? 6 : 4);
  return sizes;
}

/** A float32 as a word of a call. */
export function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}
