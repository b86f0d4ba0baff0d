/** All methods, in the order in which they are shown. To add one, add its file and a line here. */

import { DriftError } from '../drift-error.js';
import type { Profile } from '../profile/profile.js';
import { MIN_CALIBRATED_ROWS } from '../profile/reference.js';
import { type ColumnKind, comparedColumns } from '../tests/column-shifts.js';
import { effectiveBaselineRows } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { classifier } from './classifier.js';
import { isLargeEnough, LEAST_ROWS_PER_BIN } from './count-methods.js';
import { frechet } from './frechet.js';
import { images } from './images.js';
import { js } from './js.js';
import { comparedLabels, labels } from './labels.js';
import type { Method, MethodContext } from './method.js';
import { mmd } from './mmd.js';
import { psi } from './psi.js';
import { brokenShares, repeats } from './repeats.js';
import { LEAST_ROWS, rowSamples } from './row-samples.js';
import { accuracy, comparedScores, confidence, entropy } from './scores.js';

// The methods that vote where nobody names any. Each sees what others are blind to: a slight blur moves no image to
// another cluster, a new mix of images is no blur, and clusters may hold several classes. They are one test: each p is
// multiplied by the number of those that vote on the window (Bonferroni), so that at most `alpha` of quiet windows
// alarm, however they depend on each other. A method without data has no vote, and costs nothing.

/** Each with the question whether it has a p-value. */
const VOTERS: readonly { method: Method; votes: (profile: Profile, window: WindowSummary) => boolean }[] = [
  {
    method: js,
    votes: (profile) => profile.crossFit !== null && isLargeEnough(profile),
  },
  { method: mmd, votes: (profile, window) => rowSamples(profile, window, LEAST_ROWS) !== null },
  {
    method: labels,
    votes: (profile, window) =>
      profile.reference !== null && (comparedLabels(profile, window) !== null || hasColumns(profile, window, 'holds')),
  },
  {
    method: confidence,
    votes: (profile, window) =>
      comparedScores('confidence', profile, window) !== null || hasColumns(profile, window, 'score'),
  },
  { method: images, votes: (profile, window) => hasColumns(profile, window, 'image') },
  { method: repeats, votes: (profile, window) => brokenShares(profile, window).length > 0 },
];

function hasColumns(profile: Profile, window: WindowSummary, kind: ColumnKind): boolean {
  return comparedColumns(profile, window, kind).length > 0;
}

export const DEFAULT_METHODS: readonly string[] = VOTERS.map(({ method }) => method.name);

/** How many have a p-value for a window; 1 if none. @param isPart whether the profile is a part, without rows */
export function defaultVotes(profile: Profile, window: WindowSummary, isPart = false): number {
  return Math.max(1, votersOf(profile, window).filter(({ needsSample }) => !(isPart && needsSample)).length);
}

/**
 * Whether their vote calls a window drift; null if none has a vote. The others are not asked once one alarms; those
 * that compare single rows, which take longest, come last.
 * @param context of a single method
 */
export function defaultAlarms(profile: Profile, window: WindowSummary, context: MethodContext): boolean | null {
  if (baselineRowsNeeded(profile) !== null) return null;
  const voters = votersOf(profile, window).sort((a, b) => Number(a.needsSample) - Number(b.needsSample));
  if (voters.length === 0) return null;
  const level = context.alpha / voters.length;
  const corrected = { ...context, alpha: level, tests: voters.length, decideAt: level };
  return voters.some((method) => method.compare(profile, window, corrected)!.p! <= level);
}

/**
 * Independent baseline rows that the clusters need; null if there are enough. With fewer, there is no verdict of any
 * kind, unless somebody names a method.
 */
export function baselineRowsNeeded(profile: Profile): number | null {
  const least = Math.max(MIN_CALIBRATED_ROWS, LEAST_ROWS_PER_BIN * profile.centroids.rows);
  return effectiveBaselineRows(profile) < least ? least : null;
}

/** Those of them that have a p-value for a window. */
export function votersOf(profile: Profile, window: WindowSummary): Method[] {
  return VOTERS.filter(({ votes }) => votes(profile, window)).map(({ method }) => method);
}

export const METHODS: readonly Method[] = [
  js,
  psi,
  mmd,
  classifier,
  frechet,
  labels,
  confidence,
  entropy,
  accuracy,
  images,
  repeats,
];

/** @param names as in `--methods`; `all` stands for every method @throws DriftError `METHOD_UNKNOWN`, `NO_METHODS` */
export function methodsByName(names: readonly string[]): Method[] {
  const known = METHODS.map(({ name }) => name);
  const unknown = names.find((name) => name !== 'all' && !known.includes(name));
  if (unknown !== undefined) {
    throw new DriftError('METHOD_UNKNOWN', `method ${JSON.stringify(unknown)}: known are ${known.join(', ')} and all`);
  }
  if (names.length === 0) throw new DriftError('NO_METHODS', `no method: known are ${known.join(', ')} and all`);
  return METHODS.filter(({ name }) => names.includes('all') || names.includes(name));
}
