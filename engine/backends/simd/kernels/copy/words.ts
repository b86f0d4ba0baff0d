/** Copies from one view to another: the words of the call. */

/**
 * `output[row][column] = input[row][column]`. `rowsAt`: a pair of int32 byte offsets, output and input, for each row.
 * Columns are `…Step` bytes apart. The input lies at `inputAt` if that is not 0, else in the arena. A unit is a row.
 */
export const COPY = {
  name: 'copy',
  words: ['outputOffset', 'inputOffset', 'inputAt', 'rowsAt', 'rows', 'columns', 'outputStep', 'inputStep'],
} as const;
