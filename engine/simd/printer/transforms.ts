/**
 * The transforms of `../transforms.ts`, one axis each, with common terms computed once: what `B·d` and `A·m` are in the
 * fewest operations that we know. That they are the same as the matrices is shown by the kernels' specs.
 *
 * The only factors are 4 and −4, from memory: V8 makes a constant anew wherever it is used, in seven instructions.
 */
import type { TRANSFORMS } from '../abi.js';
import { type Arithmetic, madd } from './madd.js';

/** Values by name → named intermediate values, in order, and an expression for each result. */
export type Transform = (
  values: readonly string[],
  operations: Operations,
) => { terms: Readonly<Record<string, string>>; results: readonly string[] };

export interface Operations {
  add(a: string, b: string): string;
  subtract(a: string, b: string): string;
  /** `±4·a + b`. */
  addFour(a: string, b: string): string;
  subtractFour(a: string, b: string): string;
}

export interface Transforms {
  input: Transform;
  output: Transform;
  /** The point whose product adds to every output with weight 1: where the bias comes in. */
  biasPoint: number;
}

/** Over vectors; `four` and `minusFour` are the names of the factors. */
export const operations = (arithmetic: Arithmetic, four: string, minusFour: string): Operations => ({
  add: (a, b) => `f32x4.add(${a}, ${b})`,
  subtract: (a, b) => `f32x4.sub(${a}, ${b})`,
  addFour: (a, b) => madd(arithmetic, a, four, b),
  subtractFour: (a, b) => madd(arithmetic, a, minusFour, b),
});

export const PROGRAMS: Readonly<Record<keyof typeof TRANSFORMS, Transforms>> = {
  winograd4: {
    input: ([d0, d1, d2, d3, d4, d5], { add, subtract, subtractFour }) => ({
      terms: {
        even: subtractFour(d2!, d4!),
        odd: subtractFour(d1!, d3!),
        evenHalf: subtract(d4!, d2!),
        oddHalf: subtract(d3!, d1!),
        oddWhole: add('oddHalf', 'oddHalf'),
      },
      results: [
        subtractFour(subtract(d2!, d0!), 'evenHalf'),
        add('even', 'odd'),
        subtract('even', 'odd'),
        add('evenHalf', 'oddWhole'),
        subtract('evenHalf', 'oddWhole'),
        subtractFour('oddHalf', subtract(d5!, d3!)),
      ],
    }),
    output: ([m0, m1, m2, m3, m4, m5], { add, subtract, addFour }) => ({
      terms: {
        near: add(m1!, m2!),
        nearOdd: subtract(m1!, m2!),
        far: add(m3!, m4!),
        farHalf: subtract(m3!, m4!),
        farOdd: add('farHalf', 'farHalf'),
      },
      results: [
        add(m0!, add('near', 'far')),
        add('nearOdd', 'farOdd'),
        addFour('far', 'near'),
        add(m5!, addFour('farOdd', 'nearOdd')),
      ],
    }),
    biasPoint: 7,
  },
  winograd2: {
    input: ([d0, d1, d2, d3], { add, subtract }) => ({
      terms: {},
      results: [subtract(d0!, d2!), add(d1!, d2!), subtract(d2!, d1!), subtract(d1!, d3!)],
    }),
    output: ([m0, m1, m2, m3], { add, subtract }) => ({
      terms: {},
      results: [add(m0!, add(m1!, m2!)), subtract(subtract(m1!, m2!), m3!)],
    }),
    biasPoint: 5,
  },
  toeplitz2: {
    input: ([d0, d1], { add }) => ({ terms: {}, results: [add(d0!, d1!), d1!, d0!] }),
    output: ([m0, m1, m2], { add }) => ({ terms: {}, results: [add(m0!, m1!), add(m0!, m2!)] }),
    biasPoint: 0,
  },
};
