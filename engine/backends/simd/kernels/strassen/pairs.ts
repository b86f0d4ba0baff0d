/** The rows of Strassen's products: pairs of positions of one image, in units. */
import { roundUp } from '../../../../../base/wasm/index.js';
import { TILE_ROWS } from '../../abi/layout.js';
import type { Draft, Table } from '../../planning/draft.js';
import { describeRegion, positionOffsets, positionsIn, type Region, showStrides } from '../../planning/regions.js';
import type { RowStrides } from '../../planning/value.js';

/** Rows of two positions each, for each image. The last position takes the place of one that is missing. */
export function rowsOf(region: Region, images: number): number {
  return Math.ceil(positionsIn(region) / 2) * images;
}

interface Units {
  rows: number;
  rowsPerUnit: number;
  units: number;
}

/**
 * As many rows in each unit as possible, and a unit for each thread. Units are filled up, so that each has an even number
 * of rows, at least four.
 *
 * @param most rows of a unit, about
 */
export function inUnits(rows: number, most: number, threads: number): Units {
  const wanted = roundUp(Math.max(1, Math.round(rows / most)), threads);
  const rowsPerUnit = Math.max(4, roundUp(Math.ceil(rows / wanted), TILE_ROWS));
  const units = Math.ceil(rows / rowsPerUnit);
  const last = Math.max(4, roundUp(rows - (units - 1) * rowsPerUnit, 2));
  return { rows: (units - 1) * rowsPerUnit + last, rowsPerUnit, units };
}

/** `rowsAt`: neighbours in the order of the map make a row. */
export function pairTable(
  draft: Draft,
  region: Region,
  { images, rows }: { images: number; rows: number },
  from: RowStrides,
  to: RowStrides,
): Table {
  const place = `${describeRegion(region)} ${images} ${rows} ${showStrides(from)} ${showStrides(to)}`;
  return draft.table(`pairs ${place}`, () => {
    const positions = positionOffsets(region, from, to);
    const last = positions.at(-1)!;
    const words = new Int32Array(rows * 4);
    let at = 0;
    for (let first = 0; at < words.length && first < positions.length; first += 2) {
      const pair = [positions[first]!, positions[first + 1] ?? last];
      for (let image = 0; image < images; image++) {
        for (const [input, output] of pair) {
          words[at++] = input + image * from.image;
          words[at++] = output + image * to.image;
        }
      }
    }
    for (; at < words.length; at++) words[at] = words[at - 4]!;
    return words;
  });
}
