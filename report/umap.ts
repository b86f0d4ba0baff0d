/**
 * UMAP in three dimensions for the 3-D view. Only for looking at; no conclusion is drawn from it.
 *
 * L. McInnes, J. Healy, J. Melville, "UMAP: Uniform Manifold Approximation and Projection" (arXiv:1802.03426), as
 * umap-js implements it, with its defaults except for the neighbours: they are found exactly, which at this size is
 * faster than the approximate search and less random. The same rows and random numbers give the same picture.
 */
import { UMAP } from 'umap-js';
import type { Matrix } from '../drift/index.js';

/** More points take too long (time grows faster than their number), and cannot be told apart in a picture. */
export const MAX_UMAP_ROWS = 2_000;
/** umap-learn's default. */
const NEIGHBOURS = 15;
/** With fewer rows, every point would be every other's neighbour. */
const MIN_UMAP_ROWS = 5;
/** umap-learn's default for large sets. Its 500 for small sets take longer, with no visible difference. */
const EPOCHS = 200;
const DIMENSIONS = 3;

/**
 * @param coordinates `[rows, q]`, finite; principal components keep the distances quick
 * @param random uniform on [0, 1), the only source of randomness
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
