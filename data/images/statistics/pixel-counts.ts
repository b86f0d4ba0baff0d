/**
 * Gray, and histograms of squared brightness, of an image's pixels, in plain loops. `kernel/` has the same in WebAssembly
 * SIMD.
 *
 * Squared brightness is `(241 R² + 691 G² + 68 B²) / 1000`: in steps of 1/1000 a whole number of 26 bits. The upper 13 are
 * its coarse bin, the lower 13 its place in there.
 */
import { withChannels } from '../channels.js';

export const FINE_BITS = 13;
/** Places in a coarse bin. */
export const FINE = 2 ** FINE_BITS;
/** Coarse bins. */
export const COARSE = Math.ceil((255 ** 2 * 1000 + 1) / FINE);

const [RED, GREEN, BLUE] = [241, 691, 68].map((weight) =>
  Int32Array.from({ length: 256 }, (_, value) => weight * value ** 2),
) as [Int32Array, Int32Array, Int32Array];

export interface PixelCounts {
  /** `[pixels]`, as Pillow's `convert('L')` has it. */
  gray: Uint8Array;
  /** `[COARSE]` */
  coarse: Uint32Array;
  /** Smallest and largest coarse bin of each 16 pixels, `[blocks, 2]`; null where nobody has looked. */
  ranges: Uint16Array | null;
}

/** @param rgb `[pixels, 3]` */
export function plainCounts(rgb: Uint8Array): PixelCounts {
  const coarse = new Uint32Array(COARSE);
  for (let at = 0; at < rgb.length; at += 3) coarse[squared(rgb, at) >> FINE_BITS]!++;
  const gray = withChannels({ rows: 1, height: 1, width: rgb.length / 3, data: rgb }, 1, '').data;
  return { gray, coarse, ranges: null };
}

/** Counts the pixels of some coarse bins by their places in there. @returns `[bins, FINE]` */
export function plainFineCounts(rgb: Uint8Array, bins: readonly number[]): Uint32Array {
  const counts = new Uint32Array(bins.length * FINE);
  const places = placesOf(bins);
  for (let at = 0; at < rgb.length; at += 3) {
    const value = squared(rgb, at);
    const place = places[value >> FINE_BITS]!;
    if (place >= 0) counts[place * FINE + (value & (FINE - 1))]!++;
  }
  return counts;
}

/** By coarse bin: its number among `bins`, -1 where it is not one of them. */
function placesOf(bins: readonly number[]): Int8Array {
  const places = new Int8Array(COARSE).fill(-1);
  for (const [place, bin] of bins.entries()) places[bin] = place;
  return places;
}

function squared(rgb: Uint8Array, at: number): number {
  return RED[rgb[at]!]! + GREEN[rgb[at + 1]!]! + BLUE[rgb[at + 2]!]!;
}
