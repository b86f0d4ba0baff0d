/** Linears whose weights stay in float16: the words of their call, and the scratch that it needs. */
import { OPERANDS } from '../../abi/call.js';
import { LANES } from '../../abi/layout.js';

/**
 * Like `convolution` for one position, an image a row, with weights in float16, which are widened as they are used.
 *
 * - A row's input is `inputBytes` after that of the row before it, its output `outputBytes`.
 * - `piecesAt`: as in `convolution`, with offsets and bytes of weights in float32. Each piece is a block of its own.
 * - `weightsAt`: `[panel][piece][k][16]` in float16, one panel every `panelBytes`.
 *
 * A unit is a panel and needs `halvesScratch` bytes.
 */
export const HALVES = {
  name: 'halves',
  words: [...OPERANDS, 'rows', 'inputBytes', 'outputBytes', 'piecesAt', 'pieces', 'panelBytes'],
} as const;

/** Bytes of a row of zeros, and of the two constants, eight times each. */
export const HALVES_CONSTANTS = LANES * 4 + 64;

/** The sums of a panel follow the constants. */
export function halvesScratch(rows: number): number {
  return HALVES_CONSTANTS + rows * LANES * 4;
}
