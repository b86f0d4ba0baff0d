/** Input and output of Lloyd's k-means iteration, whatever runs it. */
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
