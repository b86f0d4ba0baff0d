/**
 * Chooses the points of the 3-D view, at most `MAX_POINTS`: up to half for the baseline, the rest equally for the
 * windows. What small sets do not need goes to larger ones. The rows of a set are drawn at random.
 */

import { UMAP } from 'umap-js';
import type { Matrix } from '../drift/index.js';
import type { ProjectedPoint, ReportProjection } from './report-data.js';

/** More points take too long (time grows faster than their number), and cannot be told apart in a picture. */
const MAX_UMAP_ROWS = 2_000;
export const MAX_POINTS = MAX_UMAP_ROWS;
const SHOWN_DIMENSIONS = 3;

export interface SceneSet {
  name: string;
  /** `[rows, q]`, from the same PCA for all sets. */
  coordinates: Matrix;
  /** What is shown of one row. Called only for rows that are drawn. */
  point(row: number): Omit<ProjectedPoint, 'set'>;
}

interface SceneOptions {
  /** Default `MAX_POINTS`. */
  maxPoints?: number;
  /** Default true. False leaves out UMAP, which saves seconds. */
  umap?: boolean;
}

/** @param sets the baseline first @param random uniform on [0, 1) @returns null if no set has a row */
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

function firstColumns({ rows, columns, data }: Matrix): number[] {
  return Array.from({ length: rows * SHOWN_DIMENSIONS }, (_, i) => {
    const column = i % SHOWN_DIMENSIONS;
    return column < columns ? data[Math.floor(i / SHOWN_DIMENSIONS) * columns + column]! : 0;
  });
}

function toArray(values: Float64Array | null): number[] | null {
  return values === null ? null : [...values];
}

// UMAP in three dimensions, only for looking at: L. McInnes, J. Healy, J. Melville, "UMAP: Uniform Manifold
// Approximation and Projection" (arXiv:1802.03426), as umap-js implements it, with its defaults, but exact neighbours:
// at this size faster than the approximate search and less random. Same rows and random numbers, same picture.

/** umap-learn's default. */
const NEIGHBOURS = 15;
/** With fewer rows, every point would be every other's neighbour. */
const MIN_UMAP_ROWS = 5;
/** umap-learn's default for large sets. Its 500 for small sets take longer, with no visible difference. */
const EPOCHS = 200;
const DIMENSIONS = 3;

/**
 * @param coordinates `[rows, q]`, finite @param random uniform on [0, 1), the only source of randomness
 * @returns `[rows, 3]`, row-major; null for fewer than 5 rows, or if all rows are the same
 * @throws RangeError for more than `MAX_UMAP_ROWS` rows
 */
export function umap3d(coordinates: Matrix, random: () => number): Float64Array | null {
  const { rows } = coordinates;
  if (rows > MAX_UMAP_ROWS) throw new RangeError(`umap3d: ${rows} rows, at most ${MAX_UMAP_ROWS} are possible`);
  if (rows < MIN_UMAP_ROWS) return null;
  const neighbours = Math.min(NEIGHBOURS, rows - 1);
  const { indices, distances } = nearestNeighbours(coordinates, neighbours);
  if (distances.every((row) => row.at(-1) === 0)) return null;
  const umap = new UMAP({ nComponents: DIMENSIONS, nNeighbors: neighbours, nEpochs: EPOCHS, random });
  umap.setPrecomputedKNN(indices, distances);
  const layout = Float64Array.from(umap.fit(toRows(coordinates)).flat());
  return layout.every(Number.isFinite) ? layout : null;
}

/** Compares all pairs. Each row is its own first neighbour, as umap-js expects. Ties go to the earlier row. */
function nearestNeighbours(coordinates: Matrix, count: number): { indices: number[][]; distances: number[][] } {
  const rows = Array.from({ length: coordinates.rows }, (_, row) => nearestTo(row, coordinates, count));
  return { indices: rows.map(({ nearest }) => nearest), distances: rows.map(({ squares }) => squares.map(Math.sqrt)) };
}

/** Inserts into a short sorted list, which few rows enter. */
function nearestTo(
  row: number,
  { rows, columns, data }: Matrix,
  count: number,
): { nearest: number[]; squares: number[] } {
  const nearest = [row];
  const squares = [0];
  for (let other = 0; other < rows; other++) {
    if (other === row) continue;
    const limit = squares.length < count ? Number.POSITIVE_INFINITY : squares[count - 1]!;
    const square = squaredDistance(data, row * columns, other * columns, columns);
    if (square >= limit) continue;
    let place = squares.length;
    while (place > 1 && squares[place - 1]! > square) place--;
    nearest.splice(place, 0, other);
    squares.splice(place, 0, square);
    nearest.length = Math.min(nearest.length, count);
    squares.length = nearest.length;
  }
  return { nearest, squares };
}

function squaredDistance(data: Matrix['data'], a: number, b: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (data[a + i]! - data[b + i]!) ** 2;
  return sum;
}

function toRows({ rows, columns, data }: Matrix): number[][] {
  return Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
}
