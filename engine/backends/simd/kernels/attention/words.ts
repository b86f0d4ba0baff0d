/** Attention: the words of the call. */

/**
 * `output[row] = Σₛ softmaxₛ(cap(scale·(query[row]·key[row + s])) + bias[row + s])·value[row + s]`.
 *
 * - A row is a query of a head of an image. `rowsAt`: five int32 byte offsets for each, of output, query, keys, values
 *   and bias. The queries of a head follow one another; there are `queries`.
 * - `keysAt`: three int32 byte offsets for each of `keys` keys, of key, value and bias.
 * - Queries and keys have `features`, values and outputs have `outputs`, which are `…Step` bytes apart.
 * - The bias lies at `biasAt` if that is not 0, at `biasOffset` if that is not 0, and otherwise there is none.
 * - `cap(x) = softcap·tanh(x/softcap)` if the float32 `softcap` is above 0. `scale` is a float32.
 * - `causal`: 1 if the n-th query of a head sees only its first n keys.
 *
 * A call needs `attentionScratch` bytes of scratch. A unit is a row.
 */
export const ATTENTION = {
  name: 'attention',
  words: [
    'outputOffset',
    'queriesOffset',
    'keysOffset',
    'valuesOffset',
    'biasOffset',
    'biasAt',
    'rowsAt',
    'rows',
    'queries',
    'keysAt',
    'keys',
    'features',
    'queryStep',
    'keyStep',
    'outputs',
    'valueStep',
    'outputStep',
    'scale',
    'softcap',
    'causal',
  ],
} as const;

/** Scores of one query in float64, and one more. */
export function attentionScratch(keys: number): number {
  return (keys + 1) * 8;
}
