/**
 * Local search after the restarts: takes one centroid out, puts another in elsewhere, iterates, and keeps the better
 * result.
 *
 * Where two centroids share one cluster and one centroid covers two others, Lloyd's iteration cannot move a centroid
 * across; restarts only hope for a better start. Sources: P. Fränti, "Efficiency of random swap clustering" (Journal of
 * Big Data 5:13, 2018) for swapping and iterating; S. Lattanzi and C. Sohler, "A better k-means++ algorithm via local
 * search" (ICML 2019) for drawing the new centre by squared distance and removing the cheapest one.
 */
import type { Random } from '../../base/index.js';
import { squaredDistance, squaredDistanceBelow } from '../linear/distance.js';
import type { Matrix64 } from '../linear/matrix.js';
import { elkanBelow } from './elkan.js';
import type { KernelRows } from './kernel/kernel-rows.js';
import { drawByWeight } from './kmeans-plus-plus.js';
import type { KnownDistances, LloydOptions, LloydResult } from './lloyd.js';

/** Limit of swaps in a row without improvement; the number of clusters, if that is smaller. */
const FAILURES_TO_STOP = 10;

/** Returns a result at least as good as the given one. It tries at most twice as many swaps as there are clusters. */
export function searchSwaps(matrix: Matrix64, from: LloydResult, random: Random, options: LloydOptions): LloydResult {
  const clusters = from.centroids.length / matrix.columns;
  let best = from;
  const kernel = options.kernel ?? null;
  let second = measureSecond(matrix, best, kernel);
  let failures = 0;
  for (let swap = 0; swap < 2 * clusters && failures < Math.min(clusters, FAILURES_TO_STOP); swap++) {
    const candidate = drawByWeight(best.squares, best.inertia, random);
    const { centroids, known } = swapped(matrix, best, second, candidate, kernel);
    const tried = elkanBelow(best.inertia, matrix, centroids, options, known);
    failures++;
    if (tried === null) continue;
    failures = 0;
    best = { ...tried, iterations: best.iterations + tried.iterations };
    second = measureSecond(matrix, best, kernel);
  }
  return best;
}

/** `[rows]`: squared distance to the second nearest centroid. */
function measureSecond(matrix: Matrix64, result: LloydResult, kernel: KernelRows | null): Float64Array {
  const { rows, columns, data } = matrix;
  const { centroids, labels, squares } = result;
  const { neighbours, apart } = neighboursOf(centroids, columns);
  if (kernel !== null) return kernel.secondSquares(result, neighbours, apart);
  const second = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const first = Math.sqrt(squares[i]!);
    const near = neighbours[labels[i]!]!;
    const far = apart[labels[i]!]!;
    let least = Number.POSITIVE_INFINITY;
    let leastRoot = Number.POSITIVE_INFINITY;
    for (let at = 0; at < near.length; at++) {
      // By the triangle inequality, neither this centroid nor any later one is nearer.
      if (far[at]! - first >= leastRoot) break;
      const square = squaredDistanceBelow(least, data, i * columns, centroids, near[at]! * columns, columns);
      if (square >= least) continue;
      least = square;
      leastRoot = Math.sqrt(square);
    }
    second[i] = least;
  }
  return second;
}

/** For each centroid: the other centroids, nearest first, and their distances. */
function neighboursOf(centroids: Float64Array, columns: number): { neighbours: Int32Array[]; apart: Float64Array[] } {
  const clusters = centroids.length / columns;
  const neighbours: Int32Array[] = [];
  const apart: Float64Array[] = [];
  for (let a = 0; a < clusters; a++) {
    const distances = Float64Array.from({ length: clusters }, (_, b) =>
      Math.sqrt(squaredDistance(centroids, a * columns, centroids, b * columns, columns)),
    );
    const others = Int32Array.from(distances.keys()).filter((b) => b !== a);
    others.sort((b, c) => distances[b]! - distances[c]! || b - c);
    neighbours.push(others);
    apart.push(Float64Array.from(others, (b) => distances[b]!));
  }
  return { neighbours, apart };
}

/**
 * Replaces the centroid whose removal costs least by the row `candidate`. Also returns what is known of the distances:
 * the nearest of the old and the new centroid, and that the others are at least as far as the second.
 */
function swapped(
  matrix: Matrix64,
  { centroids, labels, squares }: LloydResult,
  second: Float64Array,
  candidate: number,
  kernel: KernelRows | null,
): { centroids: Float64Array; known: KnownDistances } {
  const { rows, columns, data } = matrix;
  const extraCost = new Float64Array(centroids.length / columns);
  const toCandidate = kernel?.isExact ? kernel.squaresToRow(candidate) : squaresToRow(matrix, candidate);
  for (let i = 0; i < rows; i++) {
    const square = toCandidate[i]!;
    extraCost[labels[i]!]! += Math.min(second[i]!, square) - Math.min(squares[i]!, square);
  }
  const removed = extraCost.indexOf(Math.min(...extraCost));
  const known = { labels: labels.slice(), squares: squares.slice(), others: second.slice() };
  for (let i = 0; i < rows; i++) {
    const label = labels[i]!;
    const square = toCandidate[i]!;
    if (label !== removed && square >= squares[i]!) {
      known.others[i] = Math.min(second[i]!, square);
      continue;
    }
    known.labels[i] = removed;
    known.squares[i] = square;
    if (label !== removed) known.others[i] = squares[i]!;
  }
  const result = centroids.slice();
  result.set(data.subarray(candidate * columns, (candidate + 1) * columns), removed * columns);
  return { centroids: result, known };
}

function squaresToRow({ rows, columns, data }: Matrix64, row: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) =>
    squaredDistance(data, i * columns, data, row * columns, columns),
  );
}
