/**
 * Chains that are none: where all images of a window look alike, as through a covered lens, neighbours are near each other as
 * any two rows are. Such a window has drifted, and must not be taken for one clip.
 */
import type { RowSample } from '../rows/row-sample.js';
import { CHAIN_ROWS } from './chains.js';
import type { Dependences } from './effective.js';

/** With fewer pairs, their share says nothing. */
const LEAST_PAIRS = 30;

/** Share of rows, far apart in the file, that are as near as near-duplicates; 0 if too few are known. */
export function nearShare({ coordinates, rowNumbers }: RowSample, near: number): number {
  const { rows, columns, data } = coordinates;
  let pairs = 0;
  let nearPairs = 0;
  for (let i = 1; i < rows; i++) {
    for (let j = 0; j < i; j++) {
      if (Math.abs(rowNumbers[i]! - rowNumbers[j]!) <= CHAIN_ROWS) continue;
      let square = 0;
      for (let c = 0; c < columns; c++) square += (data[i * columns + c]! - data[j * columns + c]!) ** 2;
      pairs++;
      if (square <= near) nearPairs++;
    }
  }
  return pairs < LEAST_PAIRS ? 0 : nearPairs / pairs;
}

/**
 * Rows of the group of an average row, without those that are in one chain by chance: of s rows in chains, c would be if
 * neighbours were near as often as any two rows are, so a share (s - c) / (1 - c) of the chains counts.
 *
 * @param share result of `nearShare`
 */
export function sizeBeyondChance({ given, size, mean }: Dependences, share: number): number {
  if (given || share === 0) return size;
  const chained = 1 - 1 / mean;
  const alone = (1 - share) ** CHAIN_ROWS;
  return 1 + (size - 1) * Math.max(0, 1 - (1 - chained) / alone);
}
