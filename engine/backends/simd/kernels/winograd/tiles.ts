/**
 * Cuts a map into the tiles of a `winograd` kernel, with smaller tiles at its ends, and orders them. Tiles that have a
 * point lie together, so its product is one run of rows. The order is: tiles that only the right edge cuts, whole
 * tiles, tiles that only the lower edge cuts, the tile in the corner.
 */
import { TRANSFORMS, type TransformKernel, tilePoints } from './words.js';

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
