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
  const umap = new UMAP({ nComponents: DIMENSIONS, nNeighbors: neighbours, random });
  umap.setPrecomputedKNN(indices, distances);
  const layout = Float64Array.from(umap.fit(toRows(coordinates)).flat());
  return layout.every(Number.isFinite) ? layout : null;
}

/** Exact, by comparing all pairs; each row is its own first neighbour, as umap-js expects. Ties go to the earlier row. */
function nearestNeighbours(
  { rows, columns, data }: Matrix,
  count: number,
): { indices: number[][]; distances: number[][] } {
  const squares = new Float64Array(rows);
  const order = new Uint32Array(rows);
  const indices: number[][] = [];
  const distances: number[][] = [];
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b < rows; b++) {
      let sum = 0;
      for (let c = 0; c < columns; c++) sum += (data[a * columns + c]! - data[b * columns + c]!) ** 2;
      squares[b] = sum;
      order[b] = b;
    }
    squares[a] = -1;
    order.sort((left, right) => squares[left]! - squares[right]! || left - right);
    const nearest = [...order.subarray(0, count)];
    indices.push(nearest);
    distances.push(nearest.map((b) => (b === a ? 0 : Math.sqrt(squares[b]!))));
  }
  return { indices, distances };
}

function toRows({ rows, columns, data }: Matrix): number[][] {
  return Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
}
