/**
 * The transforms of `../transforms.ts`, one axis each, with common terms computed once: what `B·d` and `A·m` are in the
 * fewest operations that we know. That they are the same as the matrices is shown by the kernels' specs.
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
  /** `factor·a + b`. */
  addScaled(factor: number, a: string, b: string): string;
}

export interface Transforms {
  input: Transform;
  output: Transform;
  /** The point whose product adds to every output with weight 1: where the bias comes in. */
  biasPoint: number;
}

export const operations = (arithmetic: Arithmetic): Operations => ({
  add: (a, b) => `f32x4.add(${a}, ${b})`,
  subtract: (a, b) => `f32x4.sub(${a}, ${b})`,
  addScaled: (factor, a, b) => madd(arithmetic, a, `f32x4.splat(${factor})`, b),
});

export const PROGRAMS: Readonly<Record<keyof typeof TRANSFORMS, Transforms>> = {
  winograd4: {
    input: ([d0, d1, d2, d3, d4, d5], { add, subtract, addScaled }) => ({
      terms: {
        even: addScaled(-4, d2!, d4!),
        odd: addScaled(-4, d1!, d3!),
        evenHalf: subtract(d4!, d2!),
        oddHalf: subtract(d3!, d1!),
      },
      results: [
        addScaled(4, d0!, addScaled(-5, d2!, d4!)),
        add('even', 'odd'),
        subtract('even', 'odd'),
        addScaled(2, 'oddHalf', 'evenHalf'),
        addScaled(-2, 'oddHalf', 'evenHalf'),
        addScaled(4, d1!, addScaled(-5, d3!, d5!)),
      ],
    }),
    output: ([m0, m1, m2, m3, m4, m5], { add, subtract, addScaled }) => ({
      terms: {
        near: add(m1!, m2!),
        nearOdd: subtract(m1!, m2!),
        far: add(m3!, m4!),
        farOdd: subtract(m3!, m4!),
      },
      results: [
        add(m0!, add('near', 'far')),
        addScaled(2, 'farOdd', 'nearOdd'),
        addScaled(4, 'far', 'near'),
        add(m5!, addScaled(8, 'farOdd', 'nearOdd')),
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
