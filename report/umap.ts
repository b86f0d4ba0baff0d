/**
 * UMAP in three dimensions, for the 3-D view: a picture to look at, never a number to conclude from.
 *
 * L. McInnes, J. Healy, J. Melville, "UMAP: Uniform Manifold Approximation and Projection" (arXiv:1802.03426), as
 * umap-js does it, with its defaults but for the neighbours: these are found exactly, which at this size is faster than
 * the approximate search and leaves less to chance. The same rows and the same chance give the same picture.
 */
import { UMAP } from 'umap-js';
import type { Matrix } from '../drift/index.js';

/** More take longer than a person waits (seconds grow faster than points), and can not be told apart in a picture. */
export const MAX_UMAP_ROWS = 2_000;
/** umap-learn's default. */
const NEIGHBOURS = 15;
/** Fewer make no picture: every point would be every other's neighbour. */
const MIN_UMAP_ROWS = 5;
/** What umap-learn takes for large sets; its 500 for small ones take longer and change nothing that a person sees. */
const EPOCHS = 200;
const DIMENSIONS = 3;

/**
 * @param coordinates `[rows, q]`, finite; principal components, so that distances are quick
 * @param random uniform on [0, 1), the only source of chance
 * @returns `[rows, 3]`, row-major; null for fewer than 5 rows, and where all rows are the same
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

/** Exact, by comparing all pairs; each row is its own first neighbour, as umap-js expects. Ties go to the earlier row. */
function nearestNeighbours(coordinates: Matrix, count: number): { indices: number[][]; distances: number[][] } {
  const rows = Array.from({ length: coordinates.rows }, (_, row) => nearestTo(row, coordinates, count));
  return { indices: rows.map(({ nearest }) => nearest), distances: rows.map(({ squares }) => squares.map(Math.sqrt)) };
}

/** By insertion into a short sorted list, which few rows get into. */
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
