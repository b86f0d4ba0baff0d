/** Strassen's products: the words of their call, and the scratch that it needs. */
import { roundUp } from '../../../../../wasm/index.js';
import { OPERANDS } from '../../abi/call.js';
import { ALIGNMENT, padded, SLACK, TILE_BYTES } from '../../abi/layout.js';
import { FACTORS, SUMS } from './factors.js';

/**
 * Like `convolution`, but with seven products of halves instead of eight, see `factors.ts`.
 *
 * - `k` and `panels` are those of a half: an input row has two halves of `k` channels, a multiple of 8.
 * - `rowsAt`: for each of `rows` rows four int32 byte offsets: input and output at one position, input and output at
 *   another position of the same image. `rows`, `rowsPerUnit` and the number left for the last unit are even and at
 *   least 4. A row may come twice.
 * - `tapsAt`: `taps` int32 byte offsets to a row's input.
 * - `piecesAt`: as in `convolution`, with weight offsets into one factor. `sumPiecesAt`: the same for rows that hold `k`
 *   channels of each tap, one after the other.
 * - `weightsAt`: `[panel][factor][tap][k][16]`, one panel every `panelBytes`. A unit goes through its rows
 *   for the first `panelsPerGroup` panels, then for the next.
 * - `makesFactors`: 1 if `weightsAt` has the four blocks `STORED_BLOCKS` where the factors would be. A unit then makes the
 *   other factors of a group of panels in its scratch.
 *
 * A unit is `rowsPerUnit` rows and needs `strassenScratch` bytes.
 */
export const STRASSEN = {
  name: 'strassen',
  words: [
    ...OPERANDS,
    'rowsAt',
    'rows',
    'rowsPerUnit',
    'panels',
    'panelsPerGroup',
    'tapsAt',
    'taps',
    'k',
    'piecesAt',
    'sumPiecesAt',
    'pieces',
    'piecesPerBlock',
    'panelBytes',
    'makesFactors',
  ],
} as const;

/**
 * The same at two levels: each of the seven products is seven products of quarters, 49 instead of 64.
 *
 * - `k` and `panels` are those of a quarter: an input row has four quarters of `k` channels, a multiple of 8.
 * - `rowsAt`: for each of `rows` rows, the pair of positions that are the upper half of its block, as in `strassen`.
 *   `lowerRowsAt`: the pair of the lower half.
 * - `outerTapsAt`: where a tap begins in a row that holds `2k` channels of each.
 * - `piecesAt`, `outerPiecesAt`, `sumPiecesAt`: as in `convolution`, with weight offsets into one factor, for rows of the
 *   input, rows that hold `2k` channels of each tap, and rows that hold `k`.
 * - `weightsAt`: `[panel][outer factor][block][tap][k][16]`, one panel every `panelBytes`, with the blocks in the order of
 *   `STORED_BLOCKS`. A unit makes the inner factors of an outer one in its scratch, and all its rows use them.
 *
 * A unit is `rowsPerUnit` rows and needs `strassenTwiceScratch` bytes.
 */
export const STRASSEN_TWICE = {
  name: 'strassenTwice',
  words: [
    ...OPERANDS,
    'rowsAt',
    'lowerRowsAt',
    'rows',
    'rowsPerUnit',
    'panels',
    'tapsAt',
    'outerTapsAt',
    'taps',
    'k',
    'piecesAt',
    'outerPiecesAt',
    'sumPiecesAt',
    'pieces',
    'panelBytes',
  ],
} as const;

/** Bytes of a row in `rowsAt`: input and output at one position, input and output at the other. */
export const PAIR_BYTES = 16;
/** Tiles that lie in the scratch: zeros, three sums of products, and the blocks of a sum. */
export const STRASSEN_TILES = 5;

/**
 * Bytes of scratch that one unit needs: tiles, the offsets of the rows of sums, these rows, and the factors that are made.
 *
 * @param madeBytes as many as the stored blocks of a group of panels; 0 if all factors are stored
 */
export function strassenScratch(
  { rowsPerUnit, taps, k }: { rowsPerUnit: number; taps: number; k: number },
  madeBytes: number,
): number {
  const offsets = roundUp(rowsPerUnit * PAIR_BYTES, ALIGNMENT);
  return STRASSEN_TILES * TILE_BYTES + offsets + SUMS * rowsPerUnit * padded(taps * k) + madeBytes + SLACK;
}

/**
 * Tiles of each tile of rows at two levels. For the product under way: zeros, two sums of inner products, and a block of four.
 * For each panel: two blocks, which are what `x` and `y` are at one level.
 */
export const TWICE_TILES = 8;
/** The fewest rows of a tile, whichever tiles the machine is fastest with. */
const LEAST_TILE = 2;

/**
 * Bytes of scratch that one unit needs at two levels: offsets of the rows of sums, the inner factors of an outer one, tiles,
 * the outer sums, and the inner sums of an outer factor.
 *
 * @param panelBytes of the packed weights, with all of their taps
 */
export function strassenTwiceScratch(
  { rowsPerUnit, taps, k, panels }: { rowsPerUnit: number; taps: number; k: number; panels: number },
  panelBytes: number,
): number {
  const offsets = roundUp(rowsPerUnit * PAIR_BYTES, ALIGNMENT);
  const made = panelBytes / FACTORS.length;
  const tiles = (panels + 1) * Math.ceil(rowsPerUnit / LEAST_TILE) * TWICE_TILES * TILE_BYTES;
  const outer = SUMS * 2 * rowsPerUnit * padded(taps * 2 * k);
  const inner = SUMS * rowsPerUnit * padded(taps * k);
  return offsets + made + tiles + outer + inner + SLACK;
}
