/** Percentiles of the brightness of an image's pixels, exact: from coarse counts, then fine ones of the bins in question. */
import { looksKernel } from './kernel/looks-kernel.js';
import { FINE, type PixelCounts, plainFineCounts } from './pixel-counts.js';

/**
 * As NumPy's `percentile`: interpolated between the two nearest pixels.
 *
 * @param rgb `[pixels, 3]`
 * @param counts of its pixels
 * @param percents two of them, 0 to 100, ascending
 * @returns from 0, black, to 1, white
 */
export function brightnessPercentiles(
  rgb: Uint8Array,
  counts: PixelCounts,
  percents: readonly [number, number],
): [number, number] {
  const positions = percents.map((percent) => (percent / 100) * (rgb.length / 3 - 1));
  const ranks = positions.flatMap((position) => [Math.floor(position), Math.ceil(position)]);
  const values = ofRanks(rgb, counts, ranks).map((value) => Math.sqrt(value / 1000) / 255);
  const [a, b] = positions as [number, number];
  return [between(values[0]!, values[1]!, a % 1), between(values[2]!, values[3]!, b % 1)];
}

/** NumPy's `_lerp`. */
function between(low: number, high: number, share: number): number {
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}

/** The squared brightness of the pixels that have these ranks, from 0, when sorted. @param ranks ascending */
function ofRanks(rgb: Uint8Array, { coarse, ranges }: PixelCounts, ranks: readonly number[]): number[] {
  const found = placesOfRanks(ranks, coarse);
  const bins = [...new Set(found.map(({ bin }) => bin))];
  const kernel = ranges === null ? null : looksKernel();
  const fine = kernel?.fineCounts(rgb, bins, ranges!) ?? plainFineCounts(rgb, bins);
  return bins.flatMap((bin, i) => {
    const rests = found.flatMap((place) => (place.bin === bin ? [place.rest] : []));
    return placesOfRanks(rests, fine.subarray(i * FINE, (i + 1) * FINE)).map((place) => bin * FINE + place.bin);
  });
}

/** The bin of each rank, and its rank in there. @param ranks ascending */
function placesOfRanks(ranks: readonly number[], counts: Uint32Array): { bin: number; rest: number }[] {
  let [bin, before] = [0, 0];
  return ranks.map((rank) => {
    while (rank - before >= counts[bin]!) before += counts[bin++]!;
    return { bin, rest: rank - before };
  });
}
