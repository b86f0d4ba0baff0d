/** Sums and copies of activations: the words of the calls. */

/**
 * `clamp(a + b)` elementwise; `clamp(a)` if `bOffset` is 0. A unit is `ADD_UNIT` floats; `floats` is a multiple of 16.
 */
export const ADD = {
  name: 'add',
  words: ['aOffset', 'bOffset', 'outputOffset', 'floats', 'clampAt'],
} as const;

/** Floats of a unit of `add`. */
export const ADD_UNIT = 1024;

/** Copies `channels` of each of `rows` rows, float by float, to `outputOffset` on. A unit is a row. */
export const COPY_CHANNELS = {
  name: 'copyChannels',
  words: ['inputOffset', 'inputStride', 'outputOffset', 'outputStride', 'rows', 'channels'],
} as const;
