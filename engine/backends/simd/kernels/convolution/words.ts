/** The direct convolution: the words of its call. */
import { OPERANDS } from '../../abi/call.js';
import { LANES, TILE_BYTES } from '../../abi/layout.js';

/**
 * `output[r][panel] = clamp(Σ_pieces Σ_k input[r + piece][k]·weights[panel][piece][k] + bias[panel] + residual[r][panel])`.
 * A row is one position of one image. Bias and residual are added after the sum, as PyTorch does it: a sum that began with
 * a large bias would round each product to the last bit of the bias.
 *
 * - `rowsAt`: a table of `rowTiles·6` pairs (int32 input byte offset, int32 output byte offset), from `inputOffset` and
 *   `outputOffset`. A tile of fewer rows (see `tileSizes`) repeats its last one; kernels recognise that, and do not
 *   compute it again.
 * - `piecesAt`: `pieces` triples (int32 byte offset to a row's input, int32 byte offset into a panel's weights, bytes of
 *   these weights), see `planning/pieces.ts`. `piecesPerBlock` of them are added up in one accumulator.
 * - `halfPanels`: 1 if the last 8 channels of the last panel are not computed. Without `panelsAt` only.
 * - `panelsAt`: for each panel three int32: a byte offset to every input of it, a byte offset to its channels in outputs,
 *   residuals and biases, and 1 if only its first 8 channels are computed; 0 for no table.
 * - `weightsAt`: `[panel][piece][k][16]`, one panel every `panelBytes`. `biasAt`: `[panel][16]`.
 * - `residualOffset`: like the output, at the same row offsets; 0 for none (offset 0 of the arena holds nothing).
 * - `touches`: 1 if the input of a block is brought into the caches before it is used.
 *
 * A call needs `CONVOLUTION_SCRATCH` bytes of scratch. A unit is one tile of 6 rows of one panel. Units run through blocks of `blockTiles` tiles (the last block may have
 * fewer), whose input fits a cache. Within a block, they run through its tiles for the first panel, then for the next
 * (`convolutionUnit`). A kernel may compute half a panel in the units of the whole panel before it; its own then do nothing.
 */
export const CONVOLUTION = {
  name: 'convolution',
  words: [
    ...OPERANDS,
    'rowsAt',
    'rowTiles',
    'blockTiles',
    'panels',
    'halfPanels',
    'piecesAt',
    'pieces',
    'piecesPerBlock',
    'panelBytes',
    'panelsAt',
    'touches',
  ],
} as const;

/** Bytes of a panel in `panelsAt`. */
export const GROUP_PANEL_BYTES = 12;

/** Bytes of a row of a tile of zeros, and of the sums of a tile. */
export const CONVOLUTION_SCRATCH = LANES * 4 + TILE_BYTES;

/** The tile and the panel that a unit computes. */
export function convolutionUnit(
  unit: number,
  { rowTiles, blockTiles, panels }: { rowTiles: number; blockTiles: number; panels: number },
): { tile: number; panel: number } {
  const block = Math.floor(unit / (blockTiles * panels));
  const first = block * blockTiles;
  const tiles = Math.min(blockTiles, rowTiles - first);
  const within = unit - first * panels;
  return { tile: first + (within % tiles), panel: Math.floor(within / tiles) };
}
