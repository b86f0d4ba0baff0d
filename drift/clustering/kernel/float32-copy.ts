/**
 * Copies vectors to float32, padded for the kernel's loops, and bounds how far the copies are from the originals.
 *
 * Values are expected to be at most `MAX_VALUE`; this is not a general rounding routine.
 */

/** The unit roundoff u of float32. */
export const UNIT_ROUNDOFF = 2 ** -24;
/**
 * Values per step of the kernel's loop. Vectors are padded to a multiple of it with zeros, which add nothing to a
 * distance.
 */
export const LANES = 16;
/** Squared differences of such values, summed over `MAX_COLUMNS`, still fit a float32. */
const MAX_VALUE = 1e16;
const MAX_COLUMNS = 65_536;

export const padded = (columns: number) => Math.ceil(columns / LANES) * LANES;

/** True if float32 distances of such vectors stay finite. */
export function fitsFloat32(data: Float64Array, columns: number): boolean {
  if (columns > MAX_COLUMNS) return false;
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]!));
  return largest <= MAX_VALUE;
}

/** Copies vectors to float32. Returns a bound on the distance that this moved any of them. */
export function copyPadded(from: Float64Array, columns: number, to: Float32Array, stride: number): number {
  let largest = 0;
  for (let i = 0, start = 0; start < from.length; i++, start += columns) {
    let isExact = true;
    for (let c = 0; c < columns; c++) {
      const value = from[start + c]!;
      const rounded = Math.fround(value);
      to[i * stride + c] = rounded;
      if (rounded !== value) isExact = false;
    }
    if (!isExact) largest = Math.max(largest, squaredNorm(from, start, columns), Number.MIN_VALUE);
  }
  // Values that underflow move by less than the smallest float32 each.
  return UNIT_ROUNDOFF * 1.001 * Math.sqrt(largest) + (largest > 0 ? Math.sqrt(columns) * 2 ** -149 : 0);
}

function squaredNorm(data: Float64Array, start: number, columns: number): number {
  let square = 0;
  for (let c = 0; c < columns; c++) square += data[start + c]! ** 2;
  return square;
}
