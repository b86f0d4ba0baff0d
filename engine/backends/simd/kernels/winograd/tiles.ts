/**
 * How a map is cut into the tiles of a `winograd` kernel, smaller ones where it ends, and in which order: such that the
 * tiles that have a point lie together, so that its product is one run of rows. First those that only the right edge
 * cuts, then whole ones, those that only the lower edge cuts, and the one in the corner.
 */
import { TRANSFORMS, type TransformKernel, tilePoints } from './words.js';

/** Equal tiles side by side in that order. */
export interface TileRun {
  /** Outputs of each. */
  down: number;
  across: number;
  /** Where each begins in the map: `[y, x]`. */
  origins: readonly (readonly [number, number])[];
}

/** Tiles from the first on up to the last, in their order. */
export interface TileRange {
  first: number;
  end: number;
}

/** Without empty ones. */
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

/** Along one axis. */
interface Spans {
  side: number;
  origins: readonly number[];
}

function cut(length: number, side: number): { whole: Spans; rest: Spans } {
  const whole = Array.from({ length: Math.floor(length / side) }, (_, i) => i * side);
  const rest = length % side;
  return { whole: { side, origins: whole }, rest: { side: rest, origins: rest === 0 ? [] : [length - rest] } };
}

/** For each point the tiles that have it; none is an empty range. */
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

/** Floats that the transforms of an image write, of so many channels before and after. */
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
