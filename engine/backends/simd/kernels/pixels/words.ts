/** From uint8 pixels to the input of the first layers: the words of the calls. */

/**
 * Pixels `[image][y][x][channel]`, uint8, to normalised floats `[y][image][left + x + right][channel]` with zeros at both sides. A
 * first convolution reads these, and each of its taps is then a whole row of the filter. A row has `rowBytes`; what
 * remains after the right border is zero too. `scaleAt`: see `pixelScale`. A unit is one y.
 */
export const PACK_ROWS = {
  name: 'packRows',
  words: [
    'pixelsOffset',
    'outputOffset',
    'scaleAt',
    'images',
    'height',
    'width',
    'left',
    'right',
    'rowBytes',
    'channels',
  ],
} as const;

/** Pixels `[image][y][x][channel]`, uint8, to activations of at most 4 channels with a channel stride of 16. A unit is one y. */
export const PACK_CHANNELS = {
  name: 'packChannels',
  words: ['pixelsOffset', 'outputOffset', 'scaleAt', 'images', 'height', 'width', 'channels'],
} as const;

/** Floats of the pattern of factors, and of the pattern of terms: a multiple of 1, 3 and 4 channels. */
const PATTERN = 12;

/**
 * The data at `scaleAt`, in float32: the factors of the channels, over and over (`RGBRGBRGBRGB`), then the same for the terms. So `(pixel/255 − mean)/std` takes one multiplication and one addition.
 */
export function pixelScale(mean: readonly number[], std: readonly number[]): Float32Array {
  const pixels = Array.from({ length: PATTERN / mean.length });
  const factors = pixels.flatMap(() => std.map((deviation) => 1 / (255 * deviation)));
  const terms = pixels.flatMap(() => mean.map((average, c) => -average / std[c]!));
  return Float32Array.from([...factors, ...terms]);
}
