/** Strassen's products: the words of their call, and the scratch that it needs. */
import { roundUp } from '../../../../../base/wasm/index.js';
import { OPERANDS } from '../../abi/call.js';
import { ALIGNMENT, padded, SLACK, TILE_BYTES } from '../../abi/layout.js';
import { SUMS } from './factors.js';

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
