/** Reductions: the words of the call. */
import type { Reduction } from '../../../../../graph/index.js';

/**
 * `output[row][column] = f over taps of input[row][column + tap]`. `rowsAt`: a pair of int32 byte offsets, output and
 * input, for each row. Columns are `…Step` bytes apart. `tapsAt`: an int32 byte offset for each of at least one tap.
 * `formula`: a number of `REDUCTIONS`. A unit is a row.
 */
export const REDUCE = {
  name: 'reduce',
  words: [
    'outputOffset',
    'inputOffset',
    'rowsAt',
    'rows',
    'columns',
    'outputStep',
    'inputStep',
    'tapsAt',
    'taps',
    'formula',
  ],
} as const;

/** Each function by its number. */
export const REDUCTIONS = ['mean', 'sum', 'max', 'min', 'prod', 'l1', 'l2'] as const satisfies readonly Reduction[];

/** `MEAN: 0`, …. */
export const REDUCTION_NUMBERS = Object.fromEntries(REDUCTIONS.map((name, i) => [name.toUpperCase(), i]));
