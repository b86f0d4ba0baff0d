/** Softmax of logits: the words of the call. */

/**
 * `output[r][c] = e^(input[r][c] − max) / Σ e^(input[r] − max)` over the first `classes` channels of each row, zero
 * from there to the next multiple of 16. Both strides are multiples of 16. A unit is a row.
 */
export const SOFTMAX = {
  name: 'softmax',
  words: ['inputOffset', 'inputStride', 'outputOffset', 'outputStride', 'rows', 'classes'],
} as const;
