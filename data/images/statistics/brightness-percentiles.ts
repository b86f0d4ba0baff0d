/** Percentiles of the brightness of an image's pixels, exact: counted in two passes, coarse and then fine. */
import type { Image } from '../pixel-batch.js';

/** Squared brightness is `(241 R² + 691 G² + 68 B²) / 1000`, in steps of 1/1000 a whole number of 26 bits. */
const [RED, GREEN, BLUE] = [241, 691, 68].map((weight) =>
  Int32Array.from({ length: 256 }, (_, value) => weight * value ** 2),
) as [Int32Array, Int32Array, Int32Array];
const FINE_BITS = 13;
const FINE = 2 ** FINE_BITS;
const COARSE = Math.ceil((255 ** 2 * 1000 + 1) / FINE);

const coarse = new Uint32Array(COARSE);
const places = new Int8Array(COARSE);

/**
 * As NumPy's `percentile`: interpolated between the two nearest pixels.
 *
 * @param percents 0 to 100
 * @returns from 0, black, to 1, white
 */
export function brightnessPercentiles({ data }: Image, percents: readonly number[]): number[] {
  const pixels = data.length / 3;
  const positions = percents.map((percent) => (percent / 100) * (pixels - 1));
  const ranks = positions.flatMap((position) => [Math.floor(position), Math.ceil(position)]);
  const values = ofRanks(data, ranks).map((value) => Math.sqrt(value / 1000) / 255);
  return positions.map((position, i) => between(values[2 * i]!, values[2 * i + 1]!, position % 1));
}

/** NumPy's `_lerp`. */
function between(low: number, high: number, share: number): number {
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}

/** The squared brightness of the pixels that have these ranks, from 0, when sorted. */
function ofRanks(data: Uint8Array, ranks: readonly number[]): number[] {
  countCoarse(data);
  const found = ranks.map(coarseOf);
  const bins = [...new Set(found.map(({ bin }) => bin))];
  const fine = countFine(data, bins);
  return found.map(({ bin, rest }) => {
    const counts = fine.subarray(bins.indexOf(bin) * FINE);
    let value = 0;
    for (let left = rest; left >= counts[value]!; value++) left -= counts[value]!;
    return bin * FINE + value;
  });
}

function countCoarse(data: Uint8Array): void {
  coarse.fill(0);
  for (let at = 0; at < data.length; at += 3) coarse[squared(data, at) >> FINE_BITS]!++;
}

/** The bin of a rank, and its rank in there. */
function coarseOf(rank: number): { bin: number; rest: number } {
  let [bin, rest] = [0, rank];
  while (rest >= coarse[bin]!) rest -= coarse[bin++]!;
  return { bin, rest };
}

/** `[bins, FINE]` */
function countFine(data: Uint8Array, bins: readonly number[]): Uint32Array {
  const counts = new Uint32Array(bins.length * FINE);
  places.fill(-1);
  for (const [place, bin] of bins.entries()) places[bin] = place;
  for (let at = 0; at < data.length; at += 3) {
    const value = squared(data, at);
    const place = places[value >> FINE_BITS]!;
    if (place >= 0) counts[place * FINE + (value & (FINE - 1))]!++;
  }
  return counts;
}

function squared(data: Uint8Array, at: number): number {
  return RED[data[at]!]! + GREEN[data[at + 1]!]! + BLUE[data[at + 2]!]!;
}
