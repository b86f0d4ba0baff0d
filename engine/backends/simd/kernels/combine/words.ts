/** Functions of two values: the words of the call. */
import type { Combination } from '../../planning/step.js';

/**
 * `output[row][column] = f(a[row][column], b[row][column])`. `rowsAt`: three int32 byte offsets for each row, of output,
 * `a` and `b`. Columns are `…Step` bytes apart, 0 for a value that is repeated. An operand lies at `…At` if that is not
 * 0, else in the arena. `formula`: a number of `COMBINATIONS`. A unit is a row.
 */
export const COMBINE = {
  name: 'combine',
  words: [
    'outputOffset',
    'aOffset',
    'aAt',
    'bOffset',
    'bAt',
    'rowsAt',
    'rows',
    'columns',
    'outputStep',
    'aStep',
    'bStep',
    'formula',
  ],
} as const;

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
