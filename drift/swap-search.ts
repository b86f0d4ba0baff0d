/**
 * Local search after the restarts: takes one centroid out, puts another in elsewhere, iterates, keeps what is better.
 *
 * Lloyd's iteration cannot move a centroid from where two share a cluster to where two clusters share one; restarts
 * only hope for a start without that. Sources: P. Fränti, "Efficiency of random swap clustering" (Journal of Big Data
 * 5:13, 2018) for swap and iterate; S. Lattanzi and C. Sohler, "A better k-means++ algorithm via local search"
 * (ICML 2019) for drawing the new centre by squared distance and for taking out the one that costs least.
 */

import type { Random } from '../random/index.js';
import { squaredDistance } from './distance.js';
import { elkan, type LloydOptions, type LloydResult } from './elkan.js';
import type { Matrix64 } from './matrix.js';
import { drawByWeight } from './weighted-draw.js';

/** Gives up after so many swaps in a row that were no better, or as many as there are clusters where those are fewer. */
const FAILURES_TO_STOP = 10;

/** A result at least as good as the one given. The swaps that are tried are bounded by twice the clusters. */
export function searchSwaps(matrix: Matrix64, from: LloydResult, random: Random, options: LloydOptions): LloydResult {
  const clusters = from.centroids.length / matrix.columns;
  let best = from;
  let nearest = measureNearest(matrix, best.centroids);
  let failures = 0;
  for (let swap = 0; swap < 2 * clusters && failures < Math.min(clusters, FAILURES_TO_STOP); swap++) {
    const start = swapped(matrix, best.centroids, nearest, drawByWeight(nearest.first, random));
    const tried = elkan(matrix, start, options);
    failures++;
    if (tried.inertia >= best.inertia) continue;
    failures = 0;
    best = { ...tried, iterations: best.iterations + tried.iterations };
    nearest = measureNearest(matrix, best.centroids);
  }
  return best;
}

interface Nearest {
  /** `[rows]`: squared distance to the nearest and to the second nearest centroid. */
  first: Float64Array;
  second: Float64Array;
  /** `[rows]`: which centroid is the nearest. */
  label: Int32Array;
}

function measureNearest({ rows, columns, data }: Matrix64, centroids: Float64Array): Nearest {
  const first = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const second = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const label = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j * columns < centroids.length; j++) {
      const square = squaredDistance(data, i * columns, centroids, j * columns, columns);
      if (square < first[i]!) {
        second[i] = first[i]!;
        first[i] = square;
        label[i] = j;
      } else if (square < second[i]!) {
        second[i] = square;
      }
    }
  }
  return { first, second, label };
}

/** The centroids with the row `candidate` in place of the one whose absence then costs least. */
function swapped(matrix: Matrix64, centroids: Float64Array, nearest: Nearest, candidate: number): Float64Array {
  const { rows, columns, data } = matrix;
  const extraCost = new Float64Array(centroids.length / columns);
  for (let i = 0; i < rows; i++) {
    const toCandidate = squaredDistance(data, i * columns, data, candidate * columns, columns);
    const withCandidate = Math.min(nearest.first[i]!, toCandidate);
    extraCost[nearest.label[i]!]! += Math.min(nearest.second[i]!, toCandidate) - withCandidate;
  }
  const result = centroids.slice();
  const removed = extraCost.indexOf(Math.min(...extraCost));
  result.set(data.subarray(candidate * columns, (candidate + 1) * columns), removed * columns);
  return result;
}
