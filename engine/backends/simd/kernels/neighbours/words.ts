/** Local response norm: the words of the call. */

/**
 * `output[row][c] = input[row][c]/(k + α/size·Σ input[row][neighbour]²)^β` over `size` neighbouring channels, of which
 * `size/2` come before, rounded down. `rowsAt`: a pair of int32 byte offsets, output and input, for each row. Channels
 * are `…Step` bytes apart. `alpha`, `beta` and `k` are float32. A unit is a row.
 */
export const NEIGHBOURS = {
  name: 'neighbours',
  words: [
    'outputOffset',
    'inputOffset',
    'rowsAt',
    'rows',
    'channels',
    'outputStep',
    'inputStep',
    'size',
    'alpha',
    'beta',
    'k',
  ],
} as const;
