/**
 * The Winograd convolutions: the words of their calls, and the sizes that follow from the number of points of a tile.
 */
import { roundUp } from '../../../../../base/wasm/index.js';
import { OPERANDS } from '../../abi/call.js';
import { ALIGNMENT, LANES, padded, SLACK } from '../../abi/layout.js';

/**
 * A convolution 3×3, stride 1, as `P·P` matrix products between a transform of input tiles and one of products (Lavin &
 * Gray 2016, https://arxiv.org/abs/1509.09308). A tile has up to `m` outputs along each axis. At the end of the map it
 * has fewer, and then fewer points too (`tilePoints`). Strides are in floats.
 *
 * - `tilesAt`: for each tile (`tileWords`) how many outputs it has down and across, then `P·P` int32 offsets of its
 *   input positions from `inputOffset` (NOWHERE outside of the map), then `m·m` int32 offsets of its output positions
 *   from `outputOffset`, both row-major. Entries that a smaller tile lacks are not read. An offset is that of image 0;
 *   the `images` others follow.
 * - `rangesAt`: for each of the `P·P` points the first tile that has it, and one past the last. All tiles between have
 *   it.
 * - `weightsAt`: `[P·P][panel][k][16]`, transformed; one point every `pointBytes`. Sums over `k` are computed in blocks
 *   of `termsPerBlock`.
 * - `residualOffset`: as in `convolution`.
 *
 * A unit is `tilesPerUnit` tiles (the last one may have fewer) and needs `winogradScratch` bytes. Products are
 * computed, and transformed back, for `panelsPerBlock` panels at a time: 1 if the transformed input of a unit fits the
 * L2 cache, all `panels` if it does not.
 */
const WORDS = [
  ...OPERANDS,
  'tilesAt',
  'rangesAt',
  'tiles',
  'tilesPerUnit',
  'images',
  'k',
  'termsPerBlock',
  'inputStride',
  'panels',
  'outputStride',
  'pointBytes',
  'panelsPerBlock',
] as const;

/**
 * P = 6, m = 4 for `winograd4`, 4 and 2 for `winograd2`. `toeplitz2` has 3 and 2: a map of 2×2 whose padding is known to be
 * zero, so it is one tile.
 */
export const WINOGRAD = {
  winograd4: { name: 'winograd4', words: WORDS },
  winograd2: { name: 'winograd2', words: WORDS },
  toeplitz2: { name: 'toeplitz2', words: WORDS },
} as const;

export type TransformKernel = keyof typeof WINOGRAD;

/** The points of a tile per axis (P), and its outputs (m). */
export const TRANSFORMS: Readonly<Record<TransformKernel, { points: number; outputs: number }>> = {
  winograd4: { points: 6, outputs: 4 },
  winograd2: { points: 4, outputs: 2 },
  toeplitz2: { points: 3, outputs: 2 },
};

/** An input offset in `tilesAt` that stands for a row of zeros. */
export const NOWHERE = -1;

/**
 * The points of a tile along an axis on which it has so many outputs. With one output fewer it has one point fewer: the
 * last points before ∞ are left out, and ∞ itself, the last of all, stays.
 */
export function tilePoints(kernel: TransformKernel, outputs: number): number[] {
  const { points, outputs: most } = TRANSFORMS[kernel];
  const finite = points - 1 - (most - outputs);
  return [...Array.from({ length: finite }, (_, point) => point), points - 1];
}

/** Words of a tile in `tilesAt`: outputs down and across, offsets. */
export function tileWords(kernel: TransformKernel): number {
  const { points, outputs } = TRANSFORMS[kernel];
  return 2 + points ** 2 + outputs ** 2;
}

/** Bytes between two points of the transformed input and of the products. */
export function pointStride(rows: number, floats: number): number {
  return padded(rows * floats);
}

/** Images of 16 channels, or floats / 16, that a transform takes through both axes at a time: 1 KiB a point at most. */
export const TRANSFORM_BLOCK = 4;
/** Bytes of the factors of the transforms in the scratch: room for 24 factors, each eight times. */
export const FACTOR_BYTES = 12 * ALIGNMENT;

/** Rows after those of a unit that a product may touch: a tile of 4 rows may compute a single row. */
export const SPARE_ROWS = 3;

/**
 * Bytes of scratch that one unit needs: zeros and the pass between the two axes, transformed input `[P·P][rows][k
 * padded to 16]`, products `[panelsPerBlock][P·P][rows][16]`; both with `SPARE_ROWS` more rows.
 */
export function winogradScratch(
  kernel: TransformKernel,
  {
    tilesPerUnit,
    images,
    k,
    panelsPerBlock,
  }: { tilesPerUnit: number; images: number; k: number; panelsPerBlock: number },
): number {
  const rows = tilesPerUnit * images + SPARE_ROWS;
  const points = TRANSFORMS[kernel].points ** 2;
  const channels = roundUp(k, LANES);
  const pass = (points + 1) * TRANSFORM_BLOCK * LANES * 4 + FACTOR_BYTES;
  return pass + points * (pointStride(rows, channels) + panelsPerBlock * pointStride(rows, LANES)) + SLACK;
}
