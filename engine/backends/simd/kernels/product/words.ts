/** Products of two values that are both computed, or lie anywhere: the words of the call. */
import { PAIR_LOOP } from '../../planning/pair-loop.js';

/**
 * `output[row][column] = Σ over terms of a[row + term][column]·b[row + term][column]`, in a pair loop. `termsAt`: two int32 byte
 * offsets for each term, of `a` and `b`. A unit is a row.
 */
export const PRODUCT = { name: 'product', words: [...PAIR_LOOP, 'termsAt', 'terms'] } as const;
