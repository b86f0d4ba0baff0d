/**
 * The matrices of the Winograd convolutions, one axis each: an output is `A·[(G·g) ⊙ (B·d)]` of a tile `d` and a filter
 * `g` of 3 taps; in two dimensions each is applied to rows and columns. A point's number is `row·P + column`.
 *
 * `winograd4` and `winograd2` are F(4, 3) with the points 0, ±1, ±2, ∞ and F(2, 3) with 0, ±1, ∞, as Lavin & Gray 2016
 * write them (https://arxiv.org/abs/1509.09308). `toeplitz2` is a convolution of a map of two positions, padded with one
 * zero at each side, as three products instead of four: `y₀ = w₁(d₀+d₁) + (w₂−w₁)d₁`, `y₁ = w₁(d₀+d₁) + (w₀−w₁)d₀`; its
 * third input stands for the padding, so that its tables look like those of the others.
 */
import type { TRANSFORMS } from './abi.js';

export interface TransformMatrices {
  /** `B`, `[P][P]`: inputs of a tile → points. */
  input: readonly (readonly number[])[];
  /** `G`, `[P][3]`: taps of a filter → points. */
  filter: readonly (readonly number[])[];
  /** `A`, `[m][P]`: points → outputs of a tile. */
  output: readonly (readonly number[])[];
}

export const MATRICES: Readonly<Record<keyof typeof TRANSFORMS, TransformMatrices>> = {
  winograd4: {
    input: [
      [4, 0, -5, 0, 1, 0],
      [0, -4, -4, 1, 1, 0],
      [0, 4, -4, -1, 1, 0],
      [0, -2, -1, 2, 1, 0],
      [0, 2, -1, -2, 1, 0],
      [0, 4, 0, -5, 0, 1],
    ],
    filter: [
      [1 / 4, 0, 0],
      [-1 / 6, -1 / 6, -1 / 6],
      [-1 / 6, 1 / 6, -1 / 6],
      [1 / 24, 1 / 12, 1 / 6],
      [1 / 24, -1 / 12, 1 / 6],
      [0, 0, 1],
    ],
    output: [
      [1, 1, 1, 1, 1, 0],
      [0, 1, -1, 2, -2, 0],
      [0, 1, 1, 4, 4, 0],
      [0, 1, -1, 8, -8, 1],
    ],
  },
  winograd2: {
    input: [
      [1, 0, -1, 0],
      [0, 1, 1, 0],
      [0, -1, 1, 0],
      [0, 1, 0, -1],
    ],
    filter: [
      [1, 0, 0],
      [1 / 2, 1 / 2, 1 / 2],
      [1 / 2, -1 / 2, 1 / 2],
      [0, 0, 1],
    ],
    output: [
      [1, 1, 1, 0],
      [0, 1, -1, -1],
    ],
  },
  toeplitz2: {
    input: [
      [1, 1, 0],
      [0, 1, 0],
      [1, 0, 0],
    ],
    filter: [
      [0, 1, 0],
      [0, -1, 1],
      [1, -1, 0],
    ],
    output: [
      [1, 1, 0],
      [1, 0, 1],
    ],
  },
};
