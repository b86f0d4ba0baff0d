/** CMYK to RGB by the formula of Pillow's `convert('RGB')`, which knows no ICC profile. */

/**
 * @param inverted `[pixels, 4]` as JPEG files hold it: 255 means no ink
 * @returns `[pixels, 3]`
 */
export function cmykToRgb(inverted: Uint8Array): Uint8Array {
  const pixels = inverted.length / 4;
  const rgb = new Uint8Array(3 * pixels);
  for (let i = 0, from = 0, to = 0; i < pixels; i++, from += 4, to += 3) {
    const light = inverted[from + 3]!;
    for (let c = 0; c < 3; c++) rgb[to + c] = light - timesOf255(255 - inverted[from + c]!, light);
  }
  return rgb;
}

/** `a · b / 255`, rounded: `MULDIV255` of Pillow's ImagingUtils.h. */
function timesOf255(a: number, b: number): number {
  const sum = a * b + 128;
  return ((sum >> 8) + sum) >> 8;
}
