/**
 * How bright each of 8 × 8 parts of an image is. Over many images it shows what stands at one place: a stamp, a dark
 * corner, the sky.
 */

/** Parts in each direction. */
const PARTS = 8;

/** @param picture gray, square, its side a multiple of 8 @returns 128 hex digits: two for each part, row by row */
export function brightnessGrid(picture: Uint8Array): string {
  const width = Math.sqrt(picture.length);
  const side = width / PARTS;
  let digits = '';
  for (let part = 0; part < PARTS * PARTS; part++) {
    const from = Math.floor(part / PARTS) * side * width + (part % PARTS) * side;
    let sum = 0;
    for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) sum += picture[from + y * width + x]!;
    digits += Math.round(sum / side ** 2)
      .toString(16)
      .padStart(2, '0');
  }
  return digits;
}
