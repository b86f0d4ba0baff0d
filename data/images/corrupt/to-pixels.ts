/** Computed values as whole pixel levels. */

/**
 * Clipped to 0 to 255 and rounded, half to even, as `numpy.rint` does. ImageNet-C's scripts cut instead (`numpy.uint8`),
 * which makes every image half a level darker on top of what is asked for.
 */
export function toPixels(values: Float64Array, divisor = 1): Uint8Array {
  const pixels = new Uint8ClampedArray(values.length);
  // Value by value: making the array of the other takes several times as long.
  for (let i = 0; i < values.length; i++) pixels[i] = values[i]! / divisor;
  return new Uint8Array(pixels.buffer);
}
