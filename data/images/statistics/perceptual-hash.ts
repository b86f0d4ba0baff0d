/**
 * The perceptual hash of an image: 64 bits that stay the same, or nearly so, when it is resized or saved again. They are
 * those of `phash` in Python's ImageHash 4.3 (https://github.com/JohannesBuchner/imagehash) on Pillow 13 and SciPy on
 * x86-64: gray, 32×32 by Lanczos, a DCT in both directions, and for each of its 8×8 lowest coefficients whether it is
 * above their median.
 */
import { type GrayImage, resizeGray } from '../resize/resize.js';
import { DCT_LENGTH, dct32 } from './dct32.js';

/** Coefficients in each direction. */
const SIDE = 8;

/** The picture of 32 × 32 pixels that is hashed. */
export function smallPicture(image: GrayImage): Uint8Array {
  return resizeGray(image, DCT_LENGTH, DCT_LENGTH, { interpolation: 'lanczos', pillow: 13 }).data;
}

/** @param picture of `smallPicture` @returns 16 hex digits */
export function perceptualHash(picture: Uint8Array): string {
  return hex(lowestCoefficients(picture));
}

/** `[8, 8]`, vertical frequencies first. */
function lowestCoefficients(pixels: Uint8Array): Float64Array {
  const rows = Array.from({ length: SIDE }, () => new Float64Array(DCT_LENGTH));
  const line = new Float64Array(DCT_LENGTH);
  for (let x = 0; x < DCT_LENGTH; x++) {
    for (let y = 0; y < DCT_LENGTH; y++) line[y] = pixels[y * DCT_LENGTH + x]!;
    dct32(line);
    for (let y = 0; y < SIDE; y++) rows[y]![x] = line[y]!;
  }
  const lowest = new Float64Array(SIDE * SIDE);
  for (const [y, row] of rows.entries()) {
    dct32(row);
    lowest.set(row.subarray(0, SIDE), y * SIDE);
  }
  return lowest;
}

function hex(coefficients: Float64Array): string {
  const sorted = coefficients.slice().sort();
  const median = (sorted[31]! + sorted[32]!) / 2;
  let digits = '';
  for (let at = 0; at < coefficients.length; at += 4) {
    let digit = 0;
    for (let bit = 0; bit < 4; bit++) digit = 2 * digit + (coefficients[at + bit]! > median ? 1 : 0);
    digits += digit.toString(16);
  }
  return digits;
}
