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
  half: 1 / 2,
  minusHalf: -1 / 2,
  quarter: 1 / 4,
  minusQuarter: -1 / 4,
  eighth: 1 / 8,
  sixteenth: 1 / 16,
  thirtySecond: 1 / 32,
  two: 2,
  minusTwo: -2,
  four: 4,
  minusFour: -4,
  eight: 8,
  sixteen: 16,
  thirtyTwo: 32,
  minusFive: -5,
  minusThree: -3,
  minusFiveQuarters: -5 / 4,
  minusFifteenQuarters: -15 / 4,
  minusSeventeenQuarters: -17 / 4,
  twentyOneQuarters: 21 / 4,
  minusTwentyOneQuarters: -21 / 4,
  fortyFiveSixteenths: 45 / 16,
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
  winograd6: {
    6: {
      input: ([d0, d1, d2, d3, d4, d5, d6, d7], { add, subtract, addScaled }) => ({
        terms: {
          inner: addScaled('four', d2!, addScaled('minusFive', d4!, d6!)),
          innerOdd: addScaled('four', d1!, addScaled('minusFive', d3!, d5!)),
          middle: addScaled('minusSeventeenQuarters', d4!, add(d2!, d6!)),
          middleOdd: addScaled('minusSeventeenQuarters', d3!, add(d1!, d5!)),
          outer: addScaled('quarter', d2!, addScaled('minusFiveQuarters', d4!, d6!)),
          outerOdd: addScaled('quarter', d1!, addScaled('minusFiveQuarters', d3!, d5!)),
        },
        results: [
          addScaled('twentyOneQuarters', subtract(d2!, d4!), subtract(d6!, d0!)),
          addScaled('half', 'innerOdd', 'inner'),
          addScaled('minusHalf', 'innerOdd', 'inner'),
          add('middle', 'middleOdd'),
          subtract('middle', 'middleOdd'),
          addScaled('two', 'outerOdd', 'outer'),
          addScaled('minusTwo', 'outerOdd', 'outer'),
          addScaled('twentyOneQuarters', subtract(d3!, d5!), subtract(d7!, d1!)),
        ],
      }),
      output: ([m0, m1, m2, m3, m4, m5, m6, m7], { add, subtract, addScaled }) => ({
        terms: {
          inner: add(m1!, m2!),
          innerOdd: subtract(m1!, m2!),
          middle: add(m3!, m4!),
          middleOdd: subtract(m3!, m4!),
          outer: add(m5!, m6!),
          outerOdd: subtract(m5!, m6!),
        },
        results: [
          add(add(m0!, 'inner'), add('middle', 'outer')),
          addScaled('two', 'outerOdd', addScaled('half', 'innerOdd', 'middleOdd')),
          addScaled('four', 'outer', addScaled('quarter', 'inner', 'middle')),
          addScaled('eight', 'outerOdd', addScaled('eighth', 'innerOdd', 'middleOdd')),
          addScaled('sixteen', 'outer', addScaled('sixteenth', 'inner', 'middle')),
          addScaled('thirtyTwo', 'outerOdd', addScaled('thirtySecond', 'innerOdd', add('middleOdd', m7!))),
        ],
      }),
    },
    4: {
      input: ([d0, d1, d2, d3, d4, d5], { add, subtract, scale, addScaled }) => ({
        terms: {
          inner: subtract(d4!, d2!),
          innerOdd: subtract(d3!, d1!),
          outer: addScaled('minusQuarter', d2!, d4!),
          outerOdd: addScaled('minusQuarter', d1!, d3!),
        },
        results: [
          addScaled('minusFour', subtract(d4!, d2!), subtract(d2!, d0!)),
          scale('minusFifteenQuarters', addScaled('half', 'innerOdd', 'inner')),
          scale('minusFifteenQuarters', addScaled('minusHalf', 'innerOdd', 'inner')),
          scale('minusThree', add('outer', 'outerOdd')),
          scale('minusThree', subtract('outer', 'outerOdd')),
          addScaled('quarter', d1!, addScaled('minusFiveQuarters', d3!, d5!)),
        ],
      }),
      output: ([m0, m1, m2, m3, m4, m5], { add, subtract, addScaled }) => ({
        terms: {
          inner: add(m1!, m2!),
          innerOdd: subtract(m1!, m2!),
          outer: add(m3!, m4!),
          outerOdd: subtract(m3!, m4!),
        },
        results: [
          add(m0!, add('inner', 'outer')),
          addScaled('half', 'innerOdd', 'outerOdd'),
          addScaled('quarter', 'inner', 'outer'),
          addScaled('eighth', 'innerOdd', add('outerOdd', m5!)),
        ],
      }),
    },
    2: {
      input: ([d0, d1, d2, d3], { subtract, scale, addScaled }) => ({
        terms: {},
        results: [
          subtract(scale('four', d2!), d0!),
          scale('fortyFiveSixteenths', addScaled('half', d1!, d2!)),
          scale('fortyFiveSixteenths', addScaled('minusHalf', d1!, d2!)),
          addScaled('minusQuarter', d1!, d3!),
        ],
      }),
      output: ([m0, m1, m2, m3], { add, subtract, addScaled }) => ({
        terms: {},
        results: [add(m0!, add(m1!, m2!)), addScaled('half', subtract(m1!, m2!), m3!)],
      }),
    },
  },
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
