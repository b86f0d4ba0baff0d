import { DriftError, grouped } from '../drift-error.js';
import type { GroupedRows, Grouping } from '../groups/grouping.js';
import type { ImageBaseline } from '../images/image-tally.js';
import type { Matrix64 } from '../linear/matrix.js';
import type { BaselineSums } from '../monitor/baseline-sums.js';
import type { LabelCounts, Segments } from '../rows/tallies.js';
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
  /** Which rows of the baseline these are, with skipped ones: ascending ranges. No shard is merged twice. */
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
  /** One for each class where several may hold: from this score on, it holds. */
  thresholds?: readonly number[];
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
  /** Sums that a monitor starts from; null in a profile of an earlier version. */
  monitor: BaselineSums | null;
}

/** What a table says of its rows; null where it says nothing. */
export interface ComparableSource {
  dimensions: number;
  weightsSha256?: string | null | undefined;
  pixelsSha256?: string | undefined;
  tap?: string | null | undefined;
  /** Empty where not known. */
  classes?: readonly string[] | undefined;
  /** One for each class where several may hold. */
  thresholds?: readonly number[] | undefined;
}

/**
 * Refuses rows of another model or layer. What one side does not say is not compared.
 * @param what names the rows in messages
 * @throws DriftError `PROFILE_OTHER_DIMENSIONS`, `PROFILE_OTHER_WEIGHTS`, `PROFILE_OTHER_PIXELS`,
 *   `PROFILE_OTHER_TAP`, `PROFILE_OTHER_CLASSES`, `PROFILE_OTHER_THRESHOLDS`
 */
export function checkComparable(profile: Profile, source: ComparableSource, what = 'the rows'): void {
  if (source.dimensions !== profile.dimensions) {
    throw new DriftError(
      'PROFILE_OTHER_DIMENSIONS',
      `${what}: embeddings of ${grouped(source.dimensions)} values, the profile has ${grouped(profile.dimensions)}`,
      { hint: 'Compare with a profile made from the same model and tap.' },
    );
  }
  checkSameClasses(source.classes ?? [], profile.classes, what);
  checkThresholds(source, profile, what);
  for (const [code, name, found, needed, hint] of [
    ['PROFILE_OTHER_WEIGHTS', 'weights sha256', source.weightsSha256, profile.weightsSha256, MADE_AGAIN],
    ['PROFILE_OTHER_PIXELS', 'pixel settings', source.pixelsSha256, profile.pixelsSha256, SAME_PIXELS],
    ['PROFILE_OTHER_TAP', 'tap', source.tap, profile.tap, MADE_AGAIN],
  ] as const) {
    if ((found ?? null) === null || (needed ?? null) === null || found === needed) continue;
    throw new DriftError(code, `${what}: ${name} ${found}, the profile was made with ${needed}`, { hint });
  }
}

/** A table with scores that does not say how many of its classes may hold is taken as the profile says. */
function checkThresholds(
  { thresholds: found }: ComparableSource,
  { classes, thresholds: needed }: Profile,
  what: string,
) {
  if (found === undefined || classes.length === 0) return;
  if (needed === undefined) {
    const message = `${what}: several of its ${found.length} labels may hold, in the profile one of ${classes.length} classes does`;
    throw new DriftError('PROFILE_OTHER_CLASSES', message, { hint: MADE_AGAIN });
  }
  const at = found.findIndex((threshold, i) => threshold !== needed[i]);
  if (at < 0) return;
  const label = JSON.stringify(classes[at]);
  const message = `${what}: ${label} holds from a score of ${found[at]} on, in the profile from ${needed[at]}`;
  throw new DriftError('PROFILE_OTHER_THRESHOLDS', message, { hint: MADE_AGAIN });
}

const MADE_AGAIN =
  'Distances between different networks or layers say nothing of drift: make the profile again with this one.';
const SAME_PIXELS = 'Embed both with the same --orientation, --background and --allow-truncated.';

function checkSameClasses(found: readonly string[], needed: readonly string[], what: string): void {
  if (found.length === 0 || needed.length === 0) return;
  if (found.length !== needed.length) {
    throw new DriftError('PROFILE_OTHER_CLASSES', `${what}: ${found.length} classes, the profile has ${needed.length}`);
  }
  const at = found.findIndex((name, i) => name !== needed[i]);
  if (at === -1) return;
  throw new DriftError(
    'PROFILE_OTHER_CLASSES',
    `${what}: class ${at} is ${JSON.stringify(found[at])}, in the profile ${JSON.stringify(needed[at])}`,
  );
}
