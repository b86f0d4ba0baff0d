/** Input and output of Lloyd's k-means iteration, whatever runs it. */

import { squaredDistance } from '../linear/distance.js';
import type { Matrix64 } from '../linear/matrix.js';
import type { KernelRows } from './kernel/kernel-rows.js';

export interface LloydOptions {
  maxIterations: number;
  /** Stops when Σ ‖shift of a centroid‖² is at most this; 0 goes on until no row changes its cluster. */
  tolerance: number;
  /** The same rows in the WebAssembly kernel. It changes only the time. Its bounds are overwritten. */
  kernel?: KernelRows | null;
}

/** Distances known before the first iteration, so that they need not be measured again. */
export interface KnownDistances {
  /** `[rows]`: a centroid near the row, preferably the nearest. */
  labels: Int32Array;
  /** `[rows]`: squared distance to that centroid, as `squaredDistance` gives it. */
  squares: Float64Array;
  /** `[rows]`: a lower bound of the squared distance to any other centroid; null if nothing is known. */
  others: Float64Array | null;
}

/** The result. Its labels are exact: the nearest of these centroids, ties to the lowest index. */
export interface LloydResult extends KnownDistances {
  /** `[clusters, columns]`. */
  centroids: Float64Array;
  others: Float64Array;
  /** Σ of `squares`. */
  inertia: number;
  iterations: number;
  /** False if `maxIterations` ended the run. */
  converged: boolean;
}

/**
 * One pass of Elkan's k-means: assigns each row to its nearest centroid, without measuring what the bounds rule out.
 *
 * These are the plain loops. `kernel/assembly/kernel.ts` does the same in WebAssembly.
 */
export interface Bounds {
  /** `[clusters, columns]`. */
  readonly centroids: Float64Array;
  /** `[rows]`. */
  readonly labels: Int32Array;
  /** `[rows]`: an upper bound of the distance to the own centroid. */
  readonly upper: Float64Array;
  /** `[rows, clusters]`: lower bounds of the distances to all centroids. */
  readonly lower: Float64Array;
  /** `[clusters, clusters]`: half the distance between two centroids. */
  readonly half: Float64Array;
  /** `[clusters]`: the smallest of `half`. */
  readonly halfGap: Float64Array;
}

/**
 * Updates the labels and the bounds. Ties go to the lowest index.
 *
 * @param slack bounds are wrong by less than this
 * @returns `[changed, 2]`, flat: each row that changed, with its label before
 */
export function reassign({ rows, columns, data }: Matrix64, bounds: Bounds, slack: number): number[] {
  const { centroids, labels, upper, lower, half, halfGap } = bounds;
  const clusters = halfGap.length;
  const changes: number[] = [];
  for (let i = 0; i < rows; i++) {
    const label = labels[i]!;
    let best = label;
    let bestDistance = upper[i]!;
    if (bestDistance + slack < halfGap[best]!) continue;
    let bestSquare = 0;
    let exact = false;
    for (let j = 0; j < clusters; j++) {
      if (j === best) continue;
      const bound = Math.max(lower[i * clusters + j]!, half[best * clusters + j]!);
      if (bestDistance + slack < bound) continue;
      if (!exact) {
        bestSquare = squaredDistance(data, i * columns, centroids, best * columns, columns);
        bestDistance = Math.sqrt(bestSquare);
        lower[i * clusters + best] = bestDistance;
        exact = true;
        if (bestDistance + slack < bound) continue;
      }
      const square = squaredDistance(data, i * columns, centroids, j * columns, columns);
      const distance = Math.sqrt(square);
      lower[i * clusters + j] = distance;
      if (square < bestSquare || (square === bestSquare && j < best)) {
        best = j;
        bestSquare = square;
        bestDistance = distance;
      }
    }
    upper[i] = bestDistance;
    if (best === label) continue;
    labels[i] = best;
    changes.push(i, label);
  }
  return changes;
}
