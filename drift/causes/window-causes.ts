/** Explains why a window differs from the baseline, by its classes, its images and its clusters. */

import { type HashCounts, repeatedRows } from '../images/hash-tally.js';
import { IMAGE_CHECKS } from '../images/image-checks.js';
import type { CheckCount } from '../images/image-tally.js';
import type { Profile } from '../profile/profile.js';
import { effectiveShare } from '../rows/smallest-keys.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { type Cause, shares } from './cause.js';
import { NAMED_CLASSES, OTHER_CLASSES, otherClasses } from './given-classes.js';
import { imageCauses, UNNAMED } from './image-causes.js';
import { CAUSE_OF_CHECK, checkReports, checkWords, type KnownImages } from './image-reports.js';
import { clusterWords, predictedWords, type ShareChange, shareChanges } from './share-changes.js';

export interface WindowCauses {
  /** Other classes, where they explain the change; causes in the statistics of the images. Empty if nothing is known of them. */
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
  const before = profile.labels.predicted;
  const predicted = before && window.predicted ? shareChanges(before, window.predicted, settings) : [];
  const images = causesInImages(profile, window, predicted, settings);
  const clusters = shareChanges(profile.counts, window.clusters, settings);
  return {
    images,
    clusters,
    predicted,
    words: [
      ...images.map(({ words }) => words),
      ...clusters.slice(0, WORDS_EACH).map(clusterWords),
      ...predicted
        .slice(images[0]?.kind === OTHER_CLASSES ? NAMED_CLASSES : 0, WORDS_EACH)
        .map((change) => predictedWords(change, profile.classes)),
    ],
  };
}

function causesInImages(
  { reference, images, classes }: Parameters<typeof windowCauses>[0],
  window: WindowSummary,
  predicted: readonly ShareChange[],
  { alpha, effectiveRows }: { alpha: number; effectiveRows: number },
): Cause[] {
  // Nothing else can be read off black images: they are dark, and of whichever class the network takes them for.
  const black = blackImages(images?.checks.black, window.images?.checks.black);
  if (black !== null) return [black];
  const repeated = repeatedImages(images?.looks ?? null, window.images?.looks ?? null);
  const worth = repeated ? differentImages(window.images?.looks ?? null, window.rows) : effectiveRows;
  const settings = { alpha, effectiveRows: Math.min(effectiveRows, worth) };
  // Other classes have other images: where the classes explain all, nothing happened to the images.
  const moved =
    predicted.length > 0 && reference && otherClasses(reference, window, { ...settings, predicted, classes });
  if (moved) return [moved];
  const found = imageCauses(reference?.statistics ?? {}, window.reference?.statistics ?? {}, {
    ...settings,
    grids: images && window.images ? { baseline: images.grids, window: window.images.grids } : null,
  });
  const named = found.filter(({ kind }) => kind !== UNNAMED);
  const checked = named.length === 0 ? causesByChecks({ reference, images: images ?? null }, window, alpha) : [];
  // Where the images changed besides, what changed makes them alike: an object in front of all of them, less detail.
  if (repeated !== null && found.length === 0) return [...checked, repeated];
  return checked.length > 0 ? checked : found;
}

/** Rise of the share of images that are dark, or bright, that is a cause. */
const LEAST_RISE = 0.2;

/** What many more images are than in the baseline, where the statistics have no name for it. */
function causesByChecks(profile: KnownImages, window: WindowSummary, alpha: number): Cause[] {
  return checkReports(profile, window).flatMap(({ name, images, found, share, baseline, p }) => {
    const kind = name === 'blurred' ? undefined : CAUSE_OF_CHECK[name];
    if (kind === undefined || images === null || found === null || share === null || baseline === null) return [];
    if (share - baseline.share < LEAST_RISE || p === null || p * IMAGE_CHECKS.length > alpha) return [];
    const words = `${kind}: ${checkWords(name, found, images)}, ${shares(baseline.share, share)}`;
    const statistic = `image_${name}_score`;
    return [{ kind, words, statistic, baseline: baseline.share, window: share, effect: share - baseline.share, p }];
  });
}

/** Share of repeated or black images, beyond twice that of the baseline, that is named. */
const SMALLEST_SHARE = 0.1;

/** @param baseline,window by perceptual hash; null where not known */
function repeatedImages(baseline: HashCounts | null, window: HashCounts | null): Cause | null {
  if (window === null || window.rows === 0 || baseline === null || baseline.rows === 0) return null;
  const [before, after] = [repeatedRows(baseline) / baseline.rows, repeatedRows(window) / window.rows];
  return manyMore('repeated images', 'near duplicates of others ', 'image_phash', before, after);
}

/** @param baseline,window undefined where not known */
function blackImages(baseline: CheckCount | undefined, window: CheckCount | undefined): Cause | null {
  if (!baseline?.images || !window?.images) return null;
  const [before, after] = [baseline.found / baseline.images, window.found / window.images];
  return manyMore('black images', '', 'image_black_share', before, after);
}

/** Copies and blank images are not independent, so that there is no test; the share alone decides. */
function manyMore(kind: string, what: string, statistic: string, before: number, after: number): Cause | null {
  if (after < 2 * before + SMALLEST_SHARE) return null;
  const words = `${kind}: ${what}${shares(before, after)} of the images`;
  return { kind, words, statistic, baseline: before, window: after, effect: after - before, p: 0 };
}

/** Images of the window that tell something new. @param rows those of the window */
function differentImages(window: HashCounts | null, rows: number): number {
  return window === null || window.rows === 0 ? rows : rows * effectiveShare(window.weights);
}
