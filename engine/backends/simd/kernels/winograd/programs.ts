/**
 * The transforms of `matrices.ts`, one axis each, with common terms computed once: `B·d` and `A·m` in the fewest
 * operations that we know. The kernels' specs show that they equal the matrices.
 *
 * Factors come from memory: V8 makes a constant anew wherever it is used, in seven instructions.
 */
import { type Arithmetic, madd } from '../../printing/text.js';
import { FAR, NEAR } from './matrices.js';
import type { TransformKernel } from './words.js';

/** Values by name → named intermediate values, in order, and an expression for each result. */
export type Transform = (
  values: readonly string[],
  operations: Operations,
) => { terms: Readonly<Record<string, string>>; results: readonly string[] };

export interface Operations {
  add(a: string, b: string): string;
  subtract(a: string, b: string): string;
  scale(factor: Factor, a: string): string;
  /** `factor·a + b`. */
  addScaled(factor: Factor, a: string, b: string): string;
}

const SQUARES = NEAR ** 2 * FAR ** 2;
const DIFFERENCE_OF_SQUARES = NEAR ** 2 - FAR ** 2;

/** The factors, by their names in the printed text. */
export const FACTORS = {
  near: NEAR,
  minusNear: -NEAR,
  nearSquared: NEAR ** 2,
  minusNearSquared: -(NEAR ** 2),
  nearCubed: NEAR ** 3,
  far: FAR,
  minusFar: -FAR,
  farSquared: FAR ** 2,
  minusFarSquared: -(FAR ** 2),
  farCubed: FAR ** 3,
  squares: SQUARES,
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
export type Transforms = Readonly<Record<number, { input: Transform; output: Transform }>>;

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
