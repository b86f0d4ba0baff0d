/**
 * The transforms of the Winograd convolutions, one axis each: an output is `A·[(G·g) ⊙ (B·d)]` of a tile `d` and a filter `g`
 * of 3 taps. In two dimensions each is applied to rows and columns. A point's number is `row·P + column`. Here are `B·d` and
 * `A·m`, in the fewest operations that we know; `G·g` is in `pack.ts`.
 * `winograd4` is F(4, 3) with the points 0, ±NEAR, ±FAR, ∞; `winograd2` is F(2, 3) with 0, ±1, ∞ (Lavin & Gray 2016,
 * https://arxiv.org/abs/1509.09308, with 1 and 2). With 5/8 and 3/2 the error is less than half as large, the least of all
 * points whose powers are exact in float32 (Barabasz et al. 2020, https://doi.org/10.1145/3412380, look for such points too).
 * `toeplitz2` is a map of two positions, padded with a zero at each side, as three products: `y₀ = w₁(d₀+d₁) + (w₂−w₁)d₁`, `y₁
 * = w₁(d₀+d₁) + (w₀−w₁)d₀`. A third input stands for the padding, so its tables are like the others.
 * A tile with fewer outputs, at the end of the map, is F(m, 3) with `tilePoints`, a part of the same points. A filter
 * at a point differs only by a factor, which the `B` of smaller tiles has. Leaving out −FAR gives the smallest error.
 * Factors come from memory: V8 makes a constant anew wherever it is used, in seven instructions.
 */
import { type Arithmetic, madd } from '../../printing/text.js';
import type { TransformKernel } from './tiles.js';

/** The inner and the outer points of `winograd4`. */
export const NEAR = 5 / 8;
export const FAR = 3 / 2;

/** Values by name → named intermediate values, in order, and an expression for each result. */
export type Transform = (
  values: readonly string[],
  operations: Operations,
) => { terms: Readonly<Record<string, string>>; results: readonly string[] };

interface Operations {
  add(a: string, b: string): string;
  subtract(a: string, b: string): string;
  scale(factor: Factor, a: string): string;
  /** `factor·a + b`. */
  addScaled(factor: Factor, a: string, b: string): string;
}

const DIFFERENCE_OF_SQUARES = NEAR ** 2 - FAR ** 2;

/** The factors, by their names in the printed text. */
export const FACTORS = {
  near: NEAR,
  minusNear: -NEAR,
  nearSquared: NEAR ** 2,
  minusNearSquared: -(NEAR ** 2),
  nearCubed: NEAR ** 2 * NEAR,
  far: FAR,
  minusFar: -FAR,
  farSquared: FAR ** 2,
  minusFarSquared: -(FAR ** 2),
  farCubed: FAR ** 2 * FAR,
  squares: NEAR ** 2 * FAR ** 2,
  minusSumOfSquares: -(NEAR ** 2 + FAR ** 2),
  differenceOfSquares: DIFFERENCE_OF_SQUARES,
  nearPlusFar: NEAR + FAR,
  farMinusNear: FAR - NEAR,
  twiceFar: 2 * FAR,
  minusNearFarSquared: -NEAR * FAR ** 2,
  twiceNearDifference: 2 * NEAR * DIFFERENCE_OF_SQUARES,
} as const;

export type Factor = keyof typeof FACTORS;

/** By the outputs that a tile has along the axis. */
type Transforms = Readonly<Record<number, { input: Transform; output: Transform }>>;

/** The operations on vectors; `named` gives the name of a factor. */
export const operations = (arithmetic: Arithmetic, named: (factor: Factor) => string): Operations => ({
  add: (a, b) => `f32x4.add(${a}, ${b})`,
  subtract: (a, b) => `f32x4.sub(${a}, ${b})`,
  scale: (factor, a) => `f32x4.mul(${a}, ${named(factor)})`,
  addScaled: (factor, a, b) => madd(arithmetic, a, named(factor), b),
});

/** The output of a tile with only one. */
const sum: Transform = ([m0, m1, m2], { add }) => ({ terms: {}, results: [add(m0!, add(m1!, m2!))] });

export const PROGRAMS: Readonly<Record<TransformKernel, Transforms>> = {
  winograd4: {
    4: {
      input: ([d0, d1, d2, d3, d4, d5], { addScaled }) => ({
        terms: {
          even: addScaled('minusFarSquared', d2!, d4!),
          odd: addScaled('minusFarSquared', d1!, d3!),
          outerEven: addScaled('minusNearSquared', d2!, d4!),
          outerOdd: addScaled('minusNearSquared', d1!, d3!),
        },
        results: [
          addScaled('squares', d0!, addScaled('minusSumOfSquares', d2!, d4!)),
          addScaled('near', 'odd', 'even'),
          addScaled('minusNear', 'odd', 'even'),
          addScaled('far', 'outerOdd', 'outerEven'),
          addScaled('minusFar', 'outerOdd', 'outerEven'),
          addScaled('squares', d1!, addScaled('minusSumOfSquares', d3!, d5!)),
        ],
      }),
      output: ([m0, m1, m2, m3, m4, m5], { add, subtract, scale, addScaled }) => ({
        terms: {
          inner: add(m1!, m2!),
          innerOdd: subtract(m1!, m2!),
          outer: add(m3!, m4!),
          outerOdd: subtract(m3!, m4!),
        },
        results: [
          add(m0!, add('inner', 'outer')),
          addScaled('far', 'outerOdd', scale('near', 'innerOdd')),
          addScaled('farSquared', 'outer', scale('nearSquared', 'inner')),
          addScaled('farCubed', 'outerOdd', addScaled('nearCubed', 'innerOdd', m5!)),
        ],
      }),
    },
    3: {
      input: ([d0, d1, d2, d3, d4], { scale, addScaled }) => ({
        terms: {
          first: addScaled('minusFar', d0!, d1!),
          second: addScaled('minusFar', d1!, d2!),
          third: addScaled('minusFar', d2!, d3!),
          fourth: addScaled('minusFar', d3!, d4!),
        },
        results: [
          scale('far', addScaled('minusNearSquared', 'first', 'third')),
          scale('nearPlusFar', addScaled('near', 'second', 'third')),
          scale('farMinusNear', addScaled('minusNear', 'second', 'third')),
          scale('twiceFar', addScaled('minusNearSquared', d1!, d3!)),
          addScaled('minusNearSquared', 'second', 'fourth'),
        ],
      }),
      output: ([m0, m1, m2, m3, m4], { add, subtract, scale, addScaled }) => ({
        terms: { inner: add(m1!, m2!) },
        results: [
          add(add(m0!, m3!), 'inner'),
          addScaled('far', m3!, scale('near', subtract(m1!, m2!))),
          addScaled('farSquared', m3!, addScaled('nearSquared', 'inner', m4!)),
        ],
      }),
    },
    2: {
      input: ([d0, d1, d2, d3], { scale, addScaled }) => ({
        terms: {},
        results: [
          scale('minusFarSquared', addScaled('minusNearSquared', d0!, d2!)),
          scale('differenceOfSquares', addScaled('near', d1!, d2!)),
          scale('differenceOfSquares', addScaled('minusNear', d1!, d2!)),
          addScaled('minusNearSquared', d1!, d3!),
        ],
      }),
      output: ([m0, m1, m2, m3], { add, subtract, addScaled }) => ({
        terms: {},
        results: [add(m0!, add(m1!, m2!)), addScaled('near', subtract(m1!, m2!), m3!)],
      }),
    },
    1: {
      input: ([d0, d1, d2], { scale, addScaled }) => ({
        terms: {},
        results: [
          scale('minusNearFarSquared', addScaled('minusNear', d0!, d1!)),
          scale('twiceNearDifference', d1!),
          addScaled('minusNear', d1!, d2!),
        ],
      }),
      output: sum,
    },
  },
  winograd2: {
    2: {
      input: ([d0, d1, d2, d3], { add, subtract }) => ({
        terms: {},
        results: [subtract(d0!, d2!), add(d1!, d2!), subtract(d2!, d1!), subtract(d1!, d3!)],
      }),
      output: ([m0, m1, m2, m3], { add, subtract }) => ({
        terms: {},
        results: [add(m0!, add(m1!, m2!)), subtract(subtract(m1!, m2!), m3!)],
      }),
    },
    1: {
      input: ([d0, d1, d2], { add, subtract }) => ({
        terms: {},
        results: [subtract(d0!, d1!), add(d1!, d1!), subtract(d2!, d1!)],
      }),
      output: sum,
    },
  },
  toeplitz2: {
    2: {
      input: ([d0, d1], { add }) => ({ terms: {}, results: [add(d0!, d1!), d1!, d0!] }),
      output: ([m0, m1, m2], { add }) => ({ terms: {}, results: [add(m0!, m1!), add(m0!, m2!)] }),
    },
  },
};
