/** Attention: the words of the call. */
import { roundUp } from '../../../../../base/wasm/index.js';
import { LANES, TILE_BYTES, TILE_ROWS } from '../../abi/layout.js';

/**
 * `output[row] = Σₛ softmaxₛ(cap(scale·(query[row]·key[row + s])) + bias[row + s])·value[row + s]`.
 *
 * - A row is a query of a head of an image. `rowsAt`: five int32 byte offsets for each, of output, query, keys, values
 *   and bias. The queries of a head follow one another; there are `queries`, with the same keys and values.
 * - `keysAt`: three int32 byte offsets for each of `keys` keys, of key, value and bias.
 * - Queries and keys have `features`, values and outputs have `outputs`, which are `…Step` bytes apart.
 * - The bias lies at `biasAt` if that is not 0, at `biasOffset` if that is not 0, and otherwise there is none.
 * - `cap(x) = softcap·tanh(x/softcap)` if the float32 `softcap` is above 0. `scale` is a float32.
 * - `causal`: 1 if the n-th query of a head sees only its first n keys.
 *
 * - `numbersAt`: the table of the exponential's numbers (`formulas/formulas.ts`).
 *
 * A call needs `attentionScratch` bytes of scratch. A unit is a head of an image.
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
    'numbersAt',
  ],
} as const;

/**
 * Bytes from one row of scores to the next: a multiple of 16 of them, and more, so that rows do not share cache sets.
 */
export function scoreBytes(keys: number): number {
  return roundUp(keys, LANES) * 4 + LANES * 4;
}

/**
 * A line of zeros, one of limits, one that hides what is behind the last key, the keys as panels, the values as panels, and for a tile of queries: their features,
 * their scores, and a tile of outputs.
 */
export function attentionScratch(shape: { keys: number; features: number; outputs: number }): number {
  const { keys, features, outputs } = shape;
  const panels = roundUp(keys, LANES) * features + roundUp(outputs, LANES) * keys;
  const ofQueries = TILE_ROWS * (roundUp(features, LANES) * 4 + scoreBytes(keys));
  return 3 * LANES * 4 + panels * 4 + ofQueries + TILE_BYTES;
}
