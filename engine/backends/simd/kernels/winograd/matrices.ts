/**
 * The matrices of the Winograd convolutions, one axis each: an output is `A·[(G·g) ⊙ (B·d)]` of a tile `d` and a filter
 * `g` of 3 taps. In two dimensions each is applied to rows and columns. A point's number is `row·P + column`.
 *
 * `winograd4` is F(4, 3) with the points 0, ±NEAR, ±FAR, ∞; `winograd2` is F(2, 3) with 0, ±1, ∞ (Lavin & Gray 2016,
 * https://arxiv.org/abs/1509.09308). The paper has 1 and 2. Between points, the products of a tile are rounded, and an
 * output is a difference of them: with 5/8 and 3/2 its error is less than half as large. Among points whose powers are
 * exact in float32 this is the least for inputs after a ReLU (Barabasz et al. 2020, https://doi.org/10.1145/3412380, look
 * for such points too).
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

/** The inner and the outer points of `winograd4`. */
export const NEAR = 5 / 8;
export const FAR = 3 / 2;
const NEAR_WEIGHT = 1 / (2 * NEAR ** 2 * (NEAR ** 2 - FAR ** 2));
const FAR_WEIGHT = 1 / (2 * FAR ** 2 * (FAR ** 2 - NEAR ** 2));
const SQUARES = NEAR ** 2 * FAR ** 2;
const SUM_OF_SQUARES = NEAR ** 2 + FAR ** 2;
const DIFFERENCE_OF_SQUARES = NEAR ** 2 - FAR ** 2;

export const MATRICES: Readonly<Record<TransformKernel, TransformMatrices>> = {
  winograd4: {
    filter: [
      [1 / SQUARES, 0, 0],
      [NEAR_WEIGHT, NEAR_WEIGHT * NEAR, NEAR_WEIGHT * NEAR ** 2],
      [NEAR_WEIGHT, -NEAR_WEIGHT * NEAR, NEAR_WEIGHT * NEAR ** 2],
      [FAR_WEIGHT, FAR_WEIGHT * FAR, FAR_WEIGHT * FAR ** 2],
      [FAR_WEIGHT, -FAR_WEIGHT * FAR, FAR_WEIGHT * FAR ** 2],
      [0, 0, 1],
    ],
    tiles: {
      4: {
        input: [
          [SQUARES, 0, -SUM_OF_SQUARES, 0, 1, 0],
          [0, -NEAR * FAR ** 2, -(FAR ** 2), NEAR, 1, 0],
          [0, NEAR * FAR ** 2, -(FAR ** 2), -NEAR, 1, 0],
          [0, -FAR * NEAR ** 2, -(NEAR ** 2), FAR, 1, 0],
          [0, FAR * NEAR ** 2, -(NEAR ** 2), -FAR, 1, 0],
          [0, SQUARES, 0, -SUM_OF_SQUARES, 0, 1],
        ],
        output: [
          [1, 1, 1, 1, 1, 0],
          [0, NEAR, -NEAR, FAR, -FAR, 0],
          [0, NEAR ** 2, NEAR ** 2, FAR ** 2, FAR ** 2, 0],
          [0, NEAR ** 3, -(NEAR ** 3), FAR ** 3, -(FAR ** 3), 1],
        ],
      },
      3: {
        input: [
          [SQUARES, -(NEAR ** 2) * FAR, -(FAR ** 2), FAR, 0],
          [0, -NEAR * FAR * (NEAR + FAR), DIFFERENCE_OF_SQUARES, NEAR + FAR, 0],
          [0, NEAR * FAR * (FAR - NEAR), DIFFERENCE_OF_SQUARES, FAR - NEAR, 0],
          [0, -2 * FAR * NEAR ** 2, 0, 2 * FAR, 0],
          [0, NEAR ** 2 * FAR, -(NEAR ** 2), -FAR, 1],
        ],
        output: [
          [1, 1, 1, 1, 0],
          [0, NEAR, -NEAR, FAR, 0],
          [0, NEAR ** 2, NEAR ** 2, FAR ** 2, 1],
        ],
      },
      2: {
        input: [
          [SQUARES, 0, -(FAR ** 2), 0],
          [0, NEAR * DIFFERENCE_OF_SQUARES, DIFFERENCE_OF_SQUARES, 0],
          [0, -NEAR * DIFFERENCE_OF_SQUARES, DIFFERENCE_OF_SQUARES, 0],
          [0, -(NEAR ** 2), 0, 1],
        ],
        output: [
          [1, 1, 1, 0],
          [0, NEAR, -NEAR, 1],
        ],
      },
      1: {
        input: [
          [SQUARES, -NEAR * FAR ** 2, 0],
          [0, 2 * NEAR * DIFFERENCE_OF_SQUARES, 0],
          [0, -NEAR, 1],
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
