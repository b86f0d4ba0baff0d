/** Pooling: the words of the calls. */

/**
 * `output[p] = max over taps of input[p + tap]`, elementwise over the `floats` of a position (`images·channelStride`,
 * a multiple of 16). `positionsAt`: pairs (int32 input offset, int32 output offset); `tapsAt`: an int32 offset a tap.
 * A unit is a position.
 */
export const MAX_POOL = {
  name: 'maxPool',
  words: ['inputOffset', 'outputOffset', 'positionsAt', 'positions', 'tapsAt', 'taps', 'floats', 'clampAt'],
} as const;

/** Like `maxPool`, but the sum over taps divided by the float32 at `divisorAt` (given 8 times over). */
export const AVERAGE_POOL = {
  name: 'averagePool',
  words: [...MAX_POOL.words, 'divisorAt'],
} as const;
