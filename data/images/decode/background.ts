/** Puts transparent pixels on a colour, by the formula of Pillow's `Image.paste` with the image as its own mask. */

/**
 * Changes `rgb` in place.
 *
 * @param rgb `[pixels, 3]`
 * @param alpha `[pixels]`
 * @param background RGB, 0 to 255
 */
export function putOnBackground(
  rgb: Uint8Array,
  alpha: Uint8Array,
  background: readonly [number, number, number],
): void {
  for (let i = 0, at = 0; i < alpha.length; i++) {
    const opaque = alpha[i]!;
    for (let c = 0; c < 3; c++, at++) {
      const sum = background[c]! * (255 - opaque) + rgb[at]! * opaque + 128;
      rgb[at] = ((sum >> 8) + sum) >> 8;
    }
  }
}
