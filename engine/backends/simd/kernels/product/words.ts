/** Products of two values that are both computed, or lie anywhere: the words of the call. */

/**
 * `output[row][column] = Σ over terms of a[row + term][column]·b[row + term][column]`. `rowsAt`: three int32 byte offsets
 * for each row, of output, `a` and `b`; `termsAt`: two for each term, of `a` and `b`. Columns are `…Step` bytes apart,
 * 0 for what they share. An operand lies at `…At` if that is not 0, else in the arena. A unit is a row.
 */
export const PRODUCT = {
  name: 'product',
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
    'termsAt',
    'terms',
  ],
} as const;
