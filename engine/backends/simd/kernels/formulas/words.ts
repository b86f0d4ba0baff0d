/** Activations in float32: the words of the call. */
import { FORMULA_NAMES } from './formulas.js';

/**
 * `output[i] = f(input[i])` for `floats` floats, a multiple of 16. `formula`: a number of `FORMULA_NAMES`. `numbersAt`: the
 * table of its numbers, each eight times (`formulas.ts`). A unit is `FORMULA_UNIT` floats.
 */
export const FORMULA = {
  name: 'formula',
  words: ['inputOffset', 'outputOffset', 'floats', 'formula', 'numbersAt'],
} as const;

/** Floats of a unit of `formula`. */
export const FORMULA_UNIT = 1024;

/** `SILU: 0`, …. */
export const FORMULA_NUMBERS = Object.fromEntries(FORMULA_NAMES.map((name, i) => [name.toUpperCase(), i]));
