/** Functions of two values: the words of the call. */

import { PAIR_LOOP } from '../../planning/pair-loop.js';
import type { Combination } from '../../planning/step.js';

/**
 * `output[row][column] = f(a[row][column], b[row][column])`, in a pair loop. `formula`: a number of `COMBINATIONS`. A unit is a
 * row.
 */
export const COMBINE = { name: 'combine', words: [...PAIR_LOOP, 'formula'] } as const;

/** Each function by its number. `prelu` is `a`, or `a·b` below 0. */
export const COMBINATIONS = [
  'add',
  'sub',
  'mul',
  'div',
  'maximum',
  'minimum',
  'pow',
  'prelu',
] as const satisfies readonly Combination[];

/** `ADD: 0`, …. */
export const COMBINATION_NUMBERS = Object.fromEntries(COMBINATIONS.map((name, i) => [name.toUpperCase(), i]));
