/** Functions that are computed value by value: the words of the call. Some have a kernel of their own, see `formulas/`. */
import { POINTWISE_FUNCTIONS, type PointwiseFunction } from '../../../../../graph/index.js';

/**
 * `output[i] = f(input[i])` for `floats` floats. `formula`: a number of `POINTWISE_FUNCTIONS`. `argumentsAt`: two float64, see
 * `plan.ts`. A unit is `POINTWISE_UNIT` floats.
 */
export const POINTWISE = {
  name: 'pointwise',
  words: ['inputOffset', 'outputOffset', 'floats', 'formula', 'argumentsAt'],
} as const;

/** Floats of a unit of `pointwise`. */
export const POINTWISE_UNIT = 1024;

/** Functions that are computed two values at a time. */
export const PAIRED: ReadonlySet<PointwiseFunction> = new Set<PointwiseFunction>([
  'gelu_tanh',
  'hardsigmoid',
  'exp',
  'sqrt',
  'rsqrt',
  'reciprocal',
  'abs',
  'neg',
  'clamp',
]);

/** A bit for each function of `PAIRED`, at its number. */
export const PAIRED_BITS = POINTWISE_FUNCTIONS.reduce((bits, name, i) => bits + (PAIRED.has(name) ? 2 ** i : 0), 0);

/** `LEAKY_RELU: 0`, …. */
export const FUNCTION_NUMBERS = Object.fromEntries(POINTWISE_FUNCTIONS.map((name, i) => [name.toUpperCase(), i]));
