/**
 * What the plan and the kernels agree on: how numbers lie in memory, and what a call is.
 *
 * **Memory.** All threads share one memory. It holds packed weights, parameters and tables once, at absolute
 * addresses. Each batch under way has an *arena* for pixels, activations and scratch; a place there is a byte offset,
 * so one plan serves every arena. **Activations** are `[height][width][image][channel]` in float32. A position of the
 * map is a contiguous `[images][channels]` matrix, so a convolution is a sum of matrix products over its taps,
 * without im2col. Channels are padded to a multiple of 16 (`channelStride`). Steps on views leave that padding as it
 * is, so no kernel may let it into a result.
 */
import { roundUp } from '../../../base/wasm/index.js';

/** Channels are padded to a multiple of this, which is a panel: one cache line, two AVX registers, four of 128 bits. */
export const LANES = 16;
/** Rows of the largest tile. */
export const TILE_ROWS = 6;
/** Bytes of the largest tile, with the floats of its rows one after the other. */
export const TILE_BYTES = TILE_ROWS * LANES * 4;
/**
 * The most products that one accumulator adds up. Longer sums go in blocks of equal length, since rounding errors
 * grow with the length (Higham 2002, §4.2, https://doi.org/10.1137/1.9780898718027). A block costs as much as two or
 * three products.
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

/** Cuts rows into tiles of 6, the last few of 5 or 4, nearly as fast per row; smaller ones only if need be. */
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

/**
 * A kernel call: `kernel(params, arena, from, to, scratch)`. `params` is the address of its 32-bit words in the order
 * of its shape, from which the AssemblyScript that reads them is printed too. It computes its *units* `from` to `to`,
 * in any order and also in several threads at once, with as much of a thread's own `scratch` as it needs. Kernels
 * never allocate.
 */
export type KernelFunction = (params: number, arena: number, from: number, to: number, scratch: number) => void;

/**
 * A kernel: the name of its exported function, and the words of its parameters. Words `…At` are absolute addresses,
 * `…Offset`s count bytes from the arena, all others are counts. Words are unsigned; entries of tables are int32.
 */
export interface CallShape {
  readonly name: string;
  readonly words: readonly string[];
}

type Split<S extends string> = S extends `${infer Word} ${infer Rest}` ? [Word, ...Split<Rest>] : [S];
type SplitAll<L extends readonly string[]> = L extends readonly [infer S extends string, ...infer Rest extends string[]]
  ? [...Split<S>, ...SplitAll<Rest>]
  : [];

/** @param lines the words, with a blank between them */
export function callShape<N extends string, L extends readonly string[]>(name: N, ...lines: L) {
  return { name, words: lines.flatMap((line) => line.split(' ')) as SplitAll<L> };
}

/** The first words of all kernels with weights. */
export const OPERANDS = 'inputOffset outputOffset weightsAt biasAt residualOffset clampAt';
