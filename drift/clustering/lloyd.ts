/** What Lloyd's k-means iteration is given and what it gives, whoever runs it. */
import type { KernelRows } from './kernel/kernel-rows.js';

export interface LloydOptions {
  maxIterations: number;
  /** Stops when Σ ‖shift of a centroid‖² is no more than this; 0 goes on until no row changes its cluster. */
  tolerance: number;
  /** The same rows in the WebAssembly kernel; changes the time alone. Its bounds are overwritten. */
  kernel?: KernelRows | null;
}

/** What is known of the rows before the first iteration, so that it need not be measured again. */
export interface KnownDistances {
  /** `[rows]`: a centroid that is near, best the nearest. */
  labels: Int32Array;
  /** `[rows]`: squared distance to it, as `squaredDistance` gives it. */
  squares: Float64Array;
  /** `[rows]`: no more than the squared distance to any other centroid; null where nothing is known of those. */
  others: Float64Array | null;
}

/** Labels are exact here: the nearest of these centroids, ties to the lowest index. */
export interface LloydResult extends KnownDistances {
  /** `[clusters, columns]`. */
  centroids: Float64Array;
  others: Float64Array;
  /** Σ of `squares`. */
  inertia: number;
  iterations: number;
  /** False when `maxIterations` ended it. */
  converged: boolean;
}
