/** Computed values as whole pixel levels: clipped to 0 to 255 and rounded, half to even, as `numpy.rint` does. */

/** ImageNet-C's scripts cut instead (`numpy.uint8`), which darkens every image by half a level on top. */
export function toPixels(values: ArrayLike<number>): Uint8Array {
  return new Uint8Array(Uint8ClampedArray.from(values).buffer);
}
