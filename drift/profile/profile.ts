/** A profile: everything that a comparison needs of a baseline, without its rows. */
import type { GroupedRows, Grouping } from '../groups/grouping.js';
import type { ImageBaseline } from '../images/image-tally.js';
import type { Matrix64 } from '../linear/matrix.js';
import type { LabelCounts } from '../rows/label-tally.js';
import type { Segments } from '../rows/segment-tally.js';
import type { CrossFit } from './cross-fit.js';
import type { Reference } from './reference.js';
import type { Weekdays } from './weekdays.js';

/** How the centroids were found. */
export interface ProfileFit {
  /** Rows that the centroids were fitted on: all, or a random sample. */
  rows: number;
  seed: number;
  restarts: number;
  iterations: number;
  /** Σ of squared distances of the fitted rows to their centroids. */
  inertia: number;
}

/** From the first row to the one behind the last. */
export type RowRange = readonly [first: number, end: number];

/**
 * A baseline in summary: all that a comparison needs of it, without its rows. As JSON it takes less than 1 MB.
 *
 * @example
 * ```ts
 * import { type Profile, readProfile } from 'image-drift';
 *
 * const profile: Profile = await readProfile('profile.json');
 * console.log(`${profile.rows} rows in ${profile.centroids.rows} clusters: ${profile.counts.join(', ')}`);
 * ```
 */
export interface Profile {
  /** Rows counted; the sum of `counts`. */
  rows: number;
  /**
   * Which rows of the whole baseline these are, skipped ones included: ranges in ascending order. They identify a shard, so
   * that none is merged twice.
   */
  counted: readonly RowRange[];
  /** Rows left out because a value was not finite. */
  skipped: number;
  /** Length of an embedding. */
  dimensions: number;
  /** `[clusters, dimensions]`, the bins of every histogram. */
  centroids: Matrix64;
  /** Baseline rows nearest to each centroid, as Fiddler counts them. */
  counts: number[];
  /** Null where the centroids were given, not fitted. */
  fit: ProfileFit | null;
  /** Name of the layer whose output the embeddings are; null where not known. */
  tap: string | null;
  /** sha256 of the weights that made the embeddings, lower-case hex; null where not known. */
  weightsSha256: string | null;
  /** sha256 of all settings that decide about pixels, lower-case hex; not there where not known. */
  pixelsSha256?: string;
  /** One line about how far these weights can be trusted; not there where not known. */
  weightsNote?: string;
  /** Class names in the network's order; empty where not known. */
  classes: readonly string[];
  /** Predictions by class, and how many of the labelled rows were predicted right. */
  labels: LabelCounts;
  /** The same rows, each counted by centroids that it was not fitted on; null if the baseline has too few rows. */
  crossFit: CrossFit | null;
  /** What hangs together among these rows; null if the baseline has too few. */
  groups: (Grouping & GroupedRows) | null;
  /** The same rows by camera, site or class; null where nobody asked for segments. */
  segments: Segments | null;
  /** Held-out rows, for methods that need them; null if the baseline has too few rows. */
  reference: Reference | null;
  /** Rows by day of the week; null without timestamps. */
  weekdays: Weekdays | null;
  /** Repeated and bad images; null where the events say nothing of their images. */
  images: ImageBaseline | null;
}
