/** Everything that can be said of why a window differs from the baseline: its images, its clusters, its predictions. */
import type { Profile } from '../profile/profile.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { type Cause, imageCauses } from './cause.js';
import { clusterWords, predictedWords, type ShareChange, shareChanges } from './share-changes.js';

export interface WindowCauses {
  /** From the statistics of the images; empty where baseline or window has none. */
  images: Cause[];
  /** Clusters of the profile that grew or shrank, `bin` being their number in `profile.centroids`. */
  clusters: ShareChange[];
  /** Predicted classes that did, `bin` being their number in `profile.classes`. */
  predicted: ShareChange[];
  /** All that in words, the images first; of clusters and classes the `WORDS_EACH` that changed most. */
  words: string[];
}

/** A person reads three; the rest is in the numbers. */
const WORDS_EACH = 3;
/** A report has many windows, and each looks at images, clusters and classes: stricter than one test alone. */
const ALPHA = 0.01;

/**
 * Clusters are those of the profile, which people see, though they were fitted to the rows that they count: such counts
 * vary less than fresh ones, so the test is on the safe side.
 */
export function windowCauses(
  profile: Pick<Profile, 'reference' | 'counts' | 'labels' | 'classes'>,
  window: WindowSummary,
  options: { alpha?: number | undefined } = {},
): WindowCauses {
  const settings = { alpha: options.alpha ?? ALPHA, effectiveRows: window.effectiveRows };
  const images = imageCauses(profile.reference?.statistics ?? {}, window.reference?.statistics ?? {}, settings);
  const clusters = shareChanges(profile.counts, window.clusters, settings);
  const before = profile.labels.predicted;
  const predicted = before && window.predicted ? shareChanges(before, window.predicted, settings) : [];
  return {
    images,
    clusters,
    predicted,
    words: [
      ...images.map(({ words }) => words),
      ...clusters.slice(0, WORDS_EACH).map(clusterWords),
      ...predicted.slice(0, WORDS_EACH).map((change) => predictedWords(change, profile.classes)),
    ],
  };
}
