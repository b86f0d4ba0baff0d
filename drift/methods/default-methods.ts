/**
 * The methods that vote where nobody names any: clusters, single embeddings, confidence, and the statistics of images. What each
 * sees is blind spots of the others: a slight blur moves no image to another cluster, and a new mix of images is no blur.
 *
 * They are one test: each p is multiplied by the number of those that vote on the window (Bonferroni), so that at most `alpha`
 * of quiet windows alarm, however the methods depend on each other. A method without data, such as confidence for events
 * without scores, has no vote, and costs nothing.
 */
import type { Profile } from '../profile/profile.js';
import { clusterSides } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { isLargeEnough } from './count-methods.js';
import { comparedColumns, images } from './images.js';
import { js } from './js.js';
import type { Method } from './method.js';
import { mmd } from './mmd.js';
import { LEAST_ROWS, rowSamples } from './row-samples.js';
import { comparedScores, confidence } from './scores.js';

/** Each with the question whether it has a p-value. */
const VOTERS: readonly { method: Method; votes: (profile: Profile, window: WindowSummary) => boolean }[] = [
  {
    method: js,
    votes: (profile, window) =>
      profile.crossFit !== null && isLargeEnough(clusterSides(profile, profile.crossFit, window)),
  },
  { method: mmd, votes: (profile, window) => rowSamples(profile, window, LEAST_ROWS) !== null },
  { method: confidence, votes: (profile, window) => comparedScores('confidence', profile, window) !== null },
  { method: images, votes: (profile, window) => comparedColumns(profile, window).length > 0 },
];

export const DEFAULT_METHODS: readonly string[] = VOTERS.map(({ method }) => method.name);

/** How many of them have a p-value for a window; 1 if none has. */
export function defaultVotes(profile: Profile, window: WindowSummary): number {
  return Math.max(1, VOTERS.filter(({ votes }) => votes(profile, window)).length);
}
