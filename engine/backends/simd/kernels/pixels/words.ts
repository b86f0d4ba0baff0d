/** From uint8 pixels to the input of the first layers: the words of the calls. */

/**
 * Pixels `[image][y][x][3]`, uint8, to normalised floats `[y][image][left + x + right][3]` with zeros at both sides. A
 * first convolution reads these, and each of its taps is then a whole row of the filter. A row has `rowBytes`; what
 * remains after the right border is zero too. `scaleAt`: see `pixelScale`. A unit is one y.
 */
export const PACK_ROWS = {
  name: 'packRows',
  words: ['pixelsOffset', 'outputOffset', 'scaleAt', 'images', 'height', 'width', 'left', 'right', 'rowBytes'],
} as const;

/** Pixels `[image][y][x][3]`, uint8, to activations of 3 channels with a channel stride of 16. A unit is one y. */
export const PACK_CHANNELS = {
  name: 'packChannels',
  words: ['pixelsOffset', 'outputOffset', 'scaleAt', 'images', 'height', 'width'],
} as const;

/**
 * The data at `scaleAt`, in float32: the factor of each channel four times over (`RGBRGBRGBRGB`), then the same for the
 * terms. So `(pixel/255 − mean)/std` takes one multiplication and one addition.
 */
export function pixelScale(mean: readonly number[], std: readonly number[]): Float32Array {
  const pixels = [0, 1, 2, 3];
  const factors = pixels.flatMap(() => std.map((deviation) => 1 / (255 * deviation)));
  const terms = pixels.flatMap(() => mean.map((average, c) => -average / std[c]!));
  return Float32Array.from([...factors, ...terms]);
}
