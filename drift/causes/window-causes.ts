/** Explains why a window differs from the baseline, by its images, its clusters and its predictions. */
import type { Profile } from '../profile/profile.js';
import type { WindowSummary } from '../windows/window-summary.js';
import type { Cause } from './cause.js';
import { imageCauses } from './image-causes.js';
import { differentImages, repeatedImages } from './repeated-images.js';
import { clusterWords, predictedWords, type ShareChange, shareChanges } from './share-changes.js';

export interface WindowCauses {
  /** Causes in the statistics of the images; empty if the baseline or the window has none. */
  images: Cause[];
  /** Clusters of the profile that grew or shrank. `bin` is the index in `profile.centroids`. */
  clusters: ShareChange[];
  /** Predicted classes that grew or shrank. `bin` is the index in `profile.classes`. */
  predicted: ShareChange[];
  /** All of these in words, images first, then the `WORDS_EACH` clusters and classes that changed most. */
  words: string[];
}

/** Number of clusters and classes in words; all of them are in the numbers. */
const WORDS_EACH = 3;
/**
 * Default level. It is stricter than for a single test, because a report looks at images, clusters and classes of many
 * windows.
 */
const ALPHA = 0.01;

/**
 * Clusters are those of the profile, which people see. They were fitted to the rows that they count. Such counts vary
 * less than new ones, so the test errs on the safe side.
 */
export function windowCauses(
  profile: Pick<Profile, 'reference' | 'counts' | 'labels' | 'classes'> & Partial<Pick<Profile, 'images'>>,
  window: WindowSummary,
  options: { alpha?: number | undefined } = {},
): WindowCauses {
  const settings = { alpha: options.alpha ?? ALPHA, effectiveRows: window.effectiveRows };
  const images = causesInImages(profile, window, settings);
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

function causesInImages(
  { reference, images }: Parameters<typeof windowCauses>[0],
  window: WindowSummary,
  { alpha, effectiveRows }: { alpha: number; effectiveRows: number },
): Cause[] {
  const repeated = repeatedImages(images?.looks ?? null, window.images?.looks ?? null);
  const worth = repeated ? differentImages(window.images?.looks ?? null, window.rows) : effectiveRows;
  const found = imageCauses(reference?.statistics ?? {}, window.reference?.statistics ?? {}, {
    alpha,
    effectiveRows: Math.min(effectiveRows, worth),
    grids: images && window.images ? { baseline: images.grids, window: window.images.grids } : null,
  });
  // Where the images changed besides, what changed makes them alike: an object in front of all of them, less detail.
  return repeated !== null && found.length === 0 ? [repeated] : found;
}
