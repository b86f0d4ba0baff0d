/**
 * The transforms of `matrices.ts`, one axis each, with common terms computed once: `B·d` and `A·m` in the fewest
 * operations that we know. The kernels' specs show that they equal the matrices.
 *
 * Factors come from memory: V8 makes a constant anew wherever it is used, in seven instructions.
 */
import { type Arithmetic, madd } from '../../printing/text.js';
import { FAR } from './matrices.js';
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

/** The factors, by their names in the printed text. */
export const FACTORS = {
  far: FAR,
  minusFar: -FAR,
  farSquared: FAR ** 2,
  minusFarSquared: -(FAR ** 2),
  oneMinusFarSquared: 1 - FAR ** 2,
  farPlusOne: FAR + 1,
  farMinusOne: FAR - 1,
} as const;

export type Factor = keyof typeof FACTORS;

export interface Transforms {
  /** By the outputs that a tile has along the axis. */
  tiles: Readonly<Record<number, { input: Transform; output: Transform }>>;
  /** The point whose product adds to every output of every tile with weight 1. The bias is added there. */
  biasPoint: number;
}

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
    tiles: {
      4: {
        input: ([d0, d1, d2, d3, d4, d5], { add, subtract, scale, addScaled }) => ({
          terms: {
            even: addScaled('minusFarSquared', d2!, d4!),
            odd: addScaled('minusFarSquared', d1!, d3!),
            evenFar: subtract(d4!, d2!),
            oddHalf: subtract(d3!, d1!),
            oddFar: scale('far', 'oddHalf'),
          },
          results: [
            addScaled('minusFarSquared', subtract(d2!, d0!), 'evenFar'),
            add('even', 'odd'),
            subtract('even', 'odd'),
            add('evenFar', 'oddFar'),
            subtract('evenFar', 'oddFar'),
            addScaled('minusFarSquared', 'oddHalf', subtract(d5!, d3!)),
          ],
        }),
        output: ([m0, m1, m2, m3, m4, m5], { add, subtract, scale, addScaled }) => ({
          terms: {
            near: add(m1!, m2!),
            nearOdd: subtract(m1!, m2!),
            outer: add(m3!, m4!),
            outerOdd: scale('far', subtract(m3!, m4!)),
          },
          results: [
            add(m0!, add('near', 'outer')),
            add('nearOdd', 'outerOdd'),
            addScaled('farSquared', 'outer', 'near'),
            add(m5!, addScaled('farSquared', 'outerOdd', 'nearOdd')),
          ],
        }),
      },
      3: {
        input: ([d0, d1, d2, d3, d4], { add, subtract, scale, addScaled }) => ({
          terms: {
            later: addScaled('minusFar', d2!, d3!),
            earlier: addScaled('minusFar', d1!, d2!),
            odd: subtract(d3!, d1!),
            oddFar: scale('far', 'odd'),
          },
          results: [
            addScaled('minusFarSquared', subtract(d2!, d0!), 'oddFar'),
            scale('farPlusOne', add('later', 'earlier')),
            scale('farMinusOne', subtract('later', 'earlier')),
            add('oddFar', 'oddFar'),
            subtract(subtract(d4!, d2!), 'oddFar'),
          ],
        }),
        output: ([m0, m1, m2, m3, m4], { add, subtract, addScaled }) => ({
          terms: { near: add(m1!, m2!) },
          results: [
            add(add(m0!, m3!), 'near'),
            addScaled('far', m3!, subtract(m1!, m2!)),
            add(m4!, addScaled('farSquared', m3!, 'near')),
          ],
        }),
      },
      2: {
        input: ([d0, d1, d2, d3], { add, subtract, scale }) => ({
          terms: {},
          results: [
            scale('farSquared', subtract(d0!, d2!)),
            scale('oneMinusFarSquared', add(d1!, d2!)),
            scale('oneMinusFarSquared', subtract(d2!, d1!)),
            subtract(d3!, d1!),
          ],
        }),
        output: ([m0, m1, m2, m3], { add, subtract }) => ({
          terms: {},
          results: [add(m0!, add(m1!, m2!)), add(subtract(m1!, m2!), m3!)],
        }),
      },
      1: {
        input: ([d0, d1, d2], { add, subtract, scale }) => ({
          terms: {},
          results: [
            scale('farSquared', subtract(d0!, d1!)),
            scale('oneMinusFarSquared', add(d1!, d1!)),
            subtract(d2!, d1!),
          ],
        }),
        output: sum,
      },
    },
    biasPoint: 7,
  },
  winograd2: {
    tiles: {
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
    biasPoint: 5,
  },
  toeplitz2: {
    tiles: {
      2: {
        input: ([d0, d1], { add }) => ({ terms: {}, results: [add(d0!, d1!), d1!, d0!] }),
        output: ([m0, m1, m2], { add }) => ({ terms: {}, results: [add(m0!, m1!), add(m0!, m2!)] }),
      },
    },
    biasPoint: 0,
  },
};
