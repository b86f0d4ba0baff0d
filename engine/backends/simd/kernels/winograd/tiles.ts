/**
 * The Winograd convolutions: words, sizes, and how a map is cut into tiles, smaller ones at its ends. Those that have
 * a point lie together, so its product is one run of rows: cut at the right, whole, cut below, the corner.
 */
import { roundUp } from '../../../../../base/wasm/index.js';
import { ALIGNMENT, callShape, LANES, OPERANDS, padded, SLACK } from '../../abi.js';

/**
 * A convolution 3×3, stride 1, as `P·P` matrix products between a transform of input tiles and one of products. A
 * tile has up to `m` outputs along each axis, at the end of the map fewer, and then fewer points too (`tilePoints`).
 * Strides are in floats. A unit is `tilesPerUnit` tiles, and needs `winogradScratch` bytes.
 * - `tilesAt`: for each tile (`tileWords`) how many outputs it has down and across, then `P·P` int32 offsets of its
 *   input positions (NOWHERE outside of the map), then `m·m` of its output positions, row-major. Entries that a
 *   smaller tile lacks are not read. An offset is that of image 0; the `images` others follow.
 * - `rangesAt`: for each of the `P·P` points the first tile that has it, and one past the last.
 * - `weightsAt`: `[P·P][panel][k][16]`, one point every `pointBytes`. Sums over `k` go in blocks of `termsPerBlock`.
 * - `panelsPerBlock` panels are computed and transformed back at a time: 1 if a unit's transformed input fits the L2
 *   cache.
 */
const WORDS = [
  OPERANDS,
  'tilesAt rangesAt tiles tilesPerUnit images k termsPerBlock inputStride panels outputStride pointBytes panelsPerBlock',
] as const;

/** P = 6, m = 4; 4 and 2; and for `toeplitz2`, one tile that is a map of 2×2 in padding known to be zero, 3 and 2. */
export const WINOGRAD = {
  winograd4: callShape('winograd4', ...WORDS),
  winograd2: callShape('winograd2', ...WORDS),
  toeplitz2: callShape('toeplitz2', ...WORDS),
};

export type TransformKernel = keyof typeof WINOGRAD;

/** The points of a tile per axis (P), and its outputs (m). */
export const TRANSFORMS: Readonly<Record<TransformKernel, { points: number; outputs: number }>> = {
  winograd4: { points: 6, outputs: 4 },
  winograd2: { points: 4, outputs: 2 },
  toeplitz2: { points: 3, outputs: 2 },
};

/** An input offset in `tilesAt` that stands for a row of zeros. */
export const NOWHERE = -1;

/** The points of a tile along an axis. For each output fewer, the last point before ∞ is left out. */
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

/** Equal tiles side by side in that order. */
export interface TileRun {
  /** Outputs of each tile. */
  down: number;
  across: number;
  /** Where each tile begins in the map: `[y, x]`. */
  origins: readonly (readonly [number, number])[];
}

/** A range of tiles, without `end`. */
export interface TileRange {
  first: number;
  end: number;
}

/** The runs of tiles, without empty ones. */
export function tileRuns(kernel: TransformKernel, [height, width]: readonly [number, number]): TileRun[] {
  const { outputs } = TRANSFORMS[kernel];
  const y = cut(height, outputs);
  const x = cut(width, outputs);
  const run = (rows: Spans, columns: Spans): TileRun => ({
    down: rows.side,
    across: columns.side,
    origins: rows.origins.flatMap((top) => columns.origins.map((left): [number, number] => [top, left])),
  });
  return [run(y.whole, x.rest), run(y.whole, x.whole), run(y.rest, x.whole), run(y.rest, x.rest)].filter(
    ({ origins }) => origins.length > 0,
  );
}

/** The tiles along one axis. */
interface Spans {
  side: number;
  origins: readonly number[];
}

function cut(length: number, side: number): { whole: Spans; rest: Spans } {
  const whole = Array.from({ length: Math.floor(length / side) }, (_, i) => i * side);
  const rest = length % side;
  return { whole: { side, origins: whole }, rest: { side: rest, origins: rest === 0 ? [] : [length - rest] } };
}

/** The tiles that have each point. Without tiles, the range is empty. */
export function pointRanges(kernel: TransformKernel, runs: readonly TileRun[]): TileRange[] {
  const { points } = TRANSFORMS[kernel];
  const ranges = Array.from({ length: points ** 2 }, (): TileRange => ({ first: 0, end: 0 }));
  let first = 0;
  for (const { down, across, origins } of runs) {
    const end = first + origins.length;
    for (const y of tilePoints(kernel, down)) {
      for (const x of tilePoints(kernel, across)) {
        const range = ranges[y * points + x]!;
        if (range.end === 0) range.first = first;
        range.end = end;
      }
    }
    first = end;
  }
  return ranges;
}

/** Floats that the transforms of an image write, with so many channels before and after. */
export function transformedFloats(
  kernel: TransformKernel,
  runs: readonly TileRun[],
  inputs: number,
  outputs: number,
): number {
  const ofTile = ({ down, across }: TileRun): number => {
    const columns = tilePoints(kernel, across).length;
    return tilePoints(kernel, down).length * columns * inputs + down * columns * outputs;
  };
  return runs.reduce((sum, run) => sum + run.origins.length * ofTile(run), 0);
}
