/** Sums and copies of activations: what the calls say. */

/** `clamp(a + b)` elementwise; `bOffset` 0 for `clamp(a)`. A unit is `ADD_UNIT` floats; `floats` is a multiple of 16. */
export const ADD = {
  name: 'add',
  words: ['aOffset', 'bOffset', 'outputOffset', 'floats', 'clampAt'],
} as const;

/** Floats of a unit of `add`. */
export const ADD_UNIT = 1024;

/** Copies `channels` of each of `rows` rows, float by float, to `outputOffset` on; a unit is a row. */
export const COPY_CHANNELS = {
  name: 'copyChannels',
  words: ['inputOffset', 'inputStride', 'outputOffset', 'outputStride', 'rows', 'channels'],
} as const;
