/**
 * The matrices of the Winograd convolutions, one axis each: an output is `A·[(G·g) ⊙ (B·d)]` of a tile `d` and a filter
 * `g` of 3 taps. In two dimensions each is applied to rows and columns. A point's number is `row·P + column`.
 *
 * `winograd4` is F(4, 3) with the points 0, ±1, ±FAR, ∞; `winograd2` is F(2, 3) with 0, ±1, ∞ (Lavin & Gray 2016,
 * https://arxiv.org/abs/1509.09308). The paper has FAR = 2, whose error is 1.4 times as large. A smaller FAR brings the
 * entries of the matrices closer together, and with them the numbers whose differences are the outputs. But if FAR is
 * too close to 1, `filter` becomes large (Barabasz et al. 2020, https://doi.org/10.1145/3412380). The powers of FAR are
 * exact in float32.
 *
 * `toeplitz2` is a convolution of a map of two positions, padded with one zero at each side, as three products instead
 * of four: `y₀ = w₁(d₀+d₁) + (w₂−w₁)d₁`, `y₁ = w₁(d₀+d₁) + (w₀−w₁)d₀`. Its third input stands for the padding, so that
 * its tables look like those of the others.
 *
 * A tile with fewer outputs, at the end of the map, is F(m, 3) with `tilePoints`, a part of the same points. A filter
 * at a point differs only by a factor. So `filter` serves all tiles, and the `input` of smaller tiles has that factor.
 * Leaving out −FAR gives a smaller error than leaving out another point.
 */
import type { TransformKernel } from './words.js';

export interface TileMatrices {
  /** `B`, inputs of a tile → its points. */
  input: readonly (readonly number[])[];
  /** `A`, its points → its outputs. */
  output: readonly (readonly number[])[];
}

export interface TransformMatrices {
  /** `G`, `[P][3]`: taps of a filter → points. */
  filter: readonly (readonly number[])[];
  /** By the outputs that a tile has along the axis. */
  tiles: Readonly<Record<number, TileMatrices>>;
}

/** The outer points of `winograd4`. */
export const FAR = 13 / 8;
const NEAR_WEIGHT = 1 / (2 * (1 - FAR ** 2));
const FAR_WEIGHT = 1 / (2 * FAR ** 2 * (FAR ** 2 - 1));

export const MATRICES: Readonly<Record<TransformKernel, TransformMatrices>> = {
  winograd4: {
    filter: [
      [1 / FAR ** 2, 0, 0],
      [NEAR_WEIGHT, NEAR_WEIGHT, NEAR_WEIGHT],
      [NEAR_WEIGHT, -NEAR_WEIGHT, NEAR_WEIGHT],
      [FAR_WEIGHT, FAR_WEIGHT * FAR, FAR_WEIGHT * FAR ** 2],
      [FAR_WEIGHT, -FAR_WEIGHT * FAR, FAR_WEIGHT * FAR ** 2],
      [0, 0, 1],
    ],
    tiles: {
      4: {
        input: [
          [FAR ** 2, 0, -1 - FAR ** 2, 0, 1, 0],
          [0, -(FAR ** 2), -(FAR ** 2), 1, 1, 0],
          [0, FAR ** 2, -(FAR ** 2), -1, 1, 0],
          [0, -FAR, -1, FAR, 1, 0],
          [0, FAR, -1, -FAR, 1, 0],
          [0, FAR ** 2, 0, -1 - FAR ** 2, 0, 1],
        ],
        output: [
          [1, 1, 1, 1, 1, 0],
          [0, 1, -1, FAR, -FAR, 0],
          [0, 1, 1, FAR ** 2, FAR ** 2, 0],
          [0, 1, -1, FAR ** 3, -(FAR ** 3), 1],
        ],
      },
      3: {
        input: [
          [FAR ** 2, -FAR, -(FAR ** 2), FAR, 0],
          [0, -FAR * (1 + FAR), 1 - FAR ** 2, 1 + FAR, 0],
          [0, FAR * (FAR - 1), 1 - FAR ** 2, FAR - 1, 0],
          [0, -2 * FAR, 0, 2 * FAR, 0],
          [0, FAR, -1, -FAR, 1],
        ],
        output: [
          [1, 1, 1, 1, 0],
          [0, 1, -1, FAR, 0],
          [0, 1, 1, FAR ** 2, 1],
        ],
      },
      2: {
        input: [
          [FAR ** 2, 0, -(FAR ** 2), 0],
          [0, 1 - FAR ** 2, 1 - FAR ** 2, 0],
          [0, FAR ** 2 - 1, 1 - FAR ** 2, 0],
          [0, -1, 0, 1],
        ],
        output: [
          [1, 1, 1, 0],
          [0, 1, -1, 1],
        ],
      },
      1: {
        input: [
          [FAR ** 2, -(FAR ** 2), 0],
          [0, 2 - 2 * FAR ** 2, 0],
          [0, -1, 1],
        ],
        output: [[1, 1, 1]],
      },
    },
  },
  winograd2: {
    filter: [
      [1, 0, 0],
      [1 / 2, 1 / 2, 1 / 2],
      [1 / 2, -1 / 2, 1 / 2],
      [0, 0, 1],
    ],
    tiles: {
      2: {
        input: [
          [1, 0, -1, 0],
          [0, 1, 1, 0],
          [0, -1, 1, 0],
          [0, 1, 0, -1],
        ],
        output: [
          [1, 1, 1, 0],
          [0, 1, -1, -1],
        ],
      },
      1: {
        input: [
          [1, -1, 0],
          [0, 2, 0],
          [0, -1, 1],
        ],
        output: [[1, 1, 1]],
      },
    },
  },
  toeplitz2: {
    filter: [
      [0, 1, 0],
      [0, -1, 1],
      [1, -1, 0],
    ],
    tiles: {
      2: {
        input: [
          [1, 1, 0],
          [0, 1, 0],
          [1, 0, 0],
        ],
        output: [
          [1, 1, 0],
          [1, 0, 1],
        ],
      },
    },
  },
};
