/**
 * Chooses the points of the 3-D view from sets of rows in PCA coordinates: at most `MAX_POINTS`, shared fairly.
 *
 * The baseline gets up to half of the points; the windows share the rest equally. Points that a small set does not need
 * go to the larger sets. The rows of a set are drawn at random.
 */
import type { Matrix } from '../drift/index.js';
import type { ProjectedPoint, ReportProjection } from './report-data.js';
import { MAX_UMAP_ROWS, umap3d } from './umap.js';

export const MAX_POINTS = MAX_UMAP_ROWS;
const SHOWN_DIMENSIONS = 3;

export interface SceneSet {
  name: string;
  /** `[rows, q]`, from the same PCA for all sets. */
  coordinates: Matrix;
  /** What is shown of one row. Called only for rows that are drawn. */
  point(row: number): Omit<ProjectedPoint, 'set'>;
}

export interface SceneOptions {
  /** Default `MAX_POINTS`. */
  maxPoints?: number;
  /** Default true. False leaves out UMAP, which saves seconds. */
  umap?: boolean;
}

/**
 * @param sets the baseline first
 * @param random uniform on [0, 1), the only source of chance
 * @returns null if no set has a row
 */
export function sceneOf(
  sets: readonly SceneSet[],
  random: () => number,
  { maxPoints = MAX_POINTS, umap = true }: SceneOptions = {},
): ReportProjection | null {
  const shares = fairShares(
    sets.map(({ coordinates }) => coordinates.rows),
    Math.min(maxPoints, MAX_POINTS),
  );
  const chosen = sets.map(({ coordinates }, i) => drawRows(coordinates.rows, shares[i]!, random));
  const all = gather(sets, chosen);
  if (all.rows === 0) return null;
  return {
    pca: firstColumns(all),
    umap: umap ? toArray(umap3d(all, random)) : null,
    points: sets.flatMap(({ point }, set) => chosen[set]!.map((row) => ({ ...point(row), set }))),
    sets: sets.map(({ name }) => name),
  };
}

/** How many rows each set may show. @param sizes number of rows of each set, the baseline first */
export function fairShares(sizes: readonly number[], maximum: number): number[] {
  const windows = sizes.slice(1);
  const half = Math.floor(maximum / 2);
  const forWindows = Math.max(maximum - Math.min(sizes[0] ?? 0, half), 0);
  const windowShares = equalShares(windows, forWindows);
  const left = maximum - windowShares.reduce((sum, share) => sum + share, 0);
  return sizes.length === 0 ? [] : [Math.min(sizes[0]!, left), ...windowShares];
}

/** Equal parts, smallest set first, so the others share what it does not need. */
function equalShares(sizes: readonly number[], maximum: number): number[] {
  const shares = sizes.map(() => 0);
  const smallestFirst = sizes.map((_, i) => i).sort((a, b) => sizes[a]! - sizes[b]! || a - b);
  let left = maximum;
  smallestFirst.forEach((set, done) => {
    const share = Math.min(sizes[set]!, Math.floor(left / (sizes.length - done)));
    shares[set] = share;
    left -= share;
  });
  return shares;
}

/** `count` different rows in ascending order; all choices are equally likely (Knuth, algorithm S). */
function drawRows(rows: number, count: number, random: () => number): number[] {
  const drawn: number[] = [];
  for (let row = 0; row < rows && drawn.length < count; row++) {
    if (random() * (rows - row) < count - drawn.length) drawn.push(row);
  }
  return drawn;
}

function gather(sets: readonly SceneSet[], chosen: readonly (readonly number[])[]): Matrix {
  const columns = sets[0]?.coordinates.columns ?? 0;
  const rows = chosen.reduce((sum, rowsOfSet) => sum + rowsOfSet.length, 0);
  const data = new Float64Array(rows * columns);
  let next = 0;
  sets.forEach(({ coordinates }, set) => {
    for (const row of chosen[set]!) {
      data.set(coordinates.data.subarray(row * columns, (row + 1) * columns), next);
      next += columns;
    }
  });
  return { rows, columns, data };
}

/** Missing components are zero. */
function firstColumns({ rows, columns, data }: Matrix): number[] {
  return Array.from({ length: rows * SHOWN_DIMENSIONS }, (_, i) => {
    const column = i % SHOWN_DIMENSIONS;
    return column < columns ? data[Math.floor(i / SHOWN_DIMENSIONS) * columns + column]! : 0;
  });
}

function toArray(values: Float64Array | null): number[] | null {
  return values === null ? null : [...values];
}
