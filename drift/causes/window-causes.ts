import { IMAGE_CHECKS } from '../images/image-checks.js';
import { type CheckCount, type GridCounts, type HashCounts, repeatedRows } from '../images/image-tally.js';
import type { Profile } from '../profile/profile.js';
import { effectiveShare } from '../rows/keys.js';
import { ofImages } from '../rows/label-columns.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { aspectFindings } from './aspects.js';
import {
  type Cause,
  type Changes,
  type ColumnSummaries,
  causeOf,
  columnChanges,
  fine,
  shares,
  sureChanges,
} from './cause.js';
import { CAUSE_OF_CHECK, checkReports, checkWords, type KnownImages } from './image-reports.js';
import { type LabelChange, labelChanges, labelWords } from './label-changes.js';
import { type Grids, placeCause } from './place-causes.js';
import {
  clusterWords,
  NAMED_CLASSES,
  OTHER_CLASSES,
  otherClasses,
  predictedWords,
  type ShareChange,
  shareChanges,
} from './share-changes.js';
import { type Finder, LINES, MARKS } from './structure-causes.js';
import { areWhole, isHidden, isWhole, sureAspects } from './whole-stories.js';

export interface WindowCauses {
  /** Other classes, where they explain the change; causes in the statistics of the images. Empty if nothing is known of them. */
  images: Cause[];
  /** Clusters of the profile that grew or shrank. `bin` is the index in `profile.centroids`. */
  clusters: ShareChange[];
  /** Predicted classes that grew or shrank. `bin` is the index in `profile.classes`. */
  predicted: ShareChange[];
  /** Labels that moved, where several may hold. */
  labels: LabelChange[];
  /** All of these in words, images first, then the `WORDS_EACH` clusters and classes that changed most. */
  words: string[];
}

/** Number of clusters and classes in words; all of them are in the numbers. */
const WORDS_EACH = 3;
/** Default level, stricter than for one test: a report looks at images, clusters and classes of many windows. */
const ALPHA = 0.01;

/** Counts of rows that the clusters were fitted to vary less than new ones, so the test errs on the safe side. */
export function windowCauses(
  profile: Profile,
  window: WindowSummary,
  options: { alpha?: number | undefined } = {},
): WindowCauses {
  const settings = { alpha: options.alpha ?? ALPHA, effectiveRows: window.effectiveRows };
  const before = profile.labels.predicted;
  const predicted = before && window.predicted ? shareChanges(before, window.predicted, settings) : [];
  const images = causesInImages(profile, window, predicted, settings);
  const clusters = shareChanges(profile.counts, window.clusters, settings);
  const labels = labelChanges(profile, window, settings.alpha);
  return {
    images,
    clusters,
    predicted,
    labels,
    words: [
      ...images.map(({ words }) => words),
      ...labels.slice(0, WORDS_EACH).map(labelWords),
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
  const [before, now] = [reference, window.reference].map((side) => ofImages(side?.statistics ?? {}));
  const found = imageCauses(before!, now!, {
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

function repeatedImages(baseline: HashCounts | null, window: HashCounts | null): Cause | null {
  if (window === null || window.rows === 0 || baseline === null || baseline.rows === 0) return null;
  const [before, after] = [repeatedRows(baseline) / baseline.rows, repeatedRows(window) / window.rows];
  return manyMore('repeated images', 'near duplicates of others ', 'image_phash', before, after);
}

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

// Says why a window's images differ: `darker: mean brightness 0.48 → 0.17`. The effect of a statistic is the
// Kolmogorov-Smirnov distance of its histograms. Rules give names. Causes describe images, not the fault: a lamp, a
// lens and another product look alike if their pictures do.

export interface CauseOptions {
  /** Level of significance; default 0.05. */
  alpha?: number | undefined;
  /** Effective rows of the window if images repeat; at most its rows. */
  effectiveRows?: number | undefined;
  /** How bright the parts of the images are; default: not known. */
  grids?: { baseline: GridCounts; window: GridCounts } | null | undefined;
}

/** Kind of a change that no cause here explains. */
export const UNNAMED = 'the images changed in a way that has no name here';

/** Among fewer images, some statistic is always odd. */
const LEAST_ROWS = 20;
/** Statistics that are told of a change without a name. */
const TOLD_STATISTICS = 3;

/** The causes, strongest first. Empty if nothing about the images changed, or if the window is too small to tell. */
export function imageCauses(baseline: ColumnSummaries, window: ColumnSummaries, options: CauseOptions = {}): Cause[] {
  const { alpha = 0.05, effectiveRows, grids } = options;
  const changes = columnChanges(baseline, window, effectiveRows);
  const places = grids ? { ...grids, effectiveRows } : null;
  const told = ruledCauses(changes, places, alpha);
  const rows = Math.max(0, ...Object.values(window).map((column) => column.rows));
  const isFew = Math.min(rows, effectiveRows ?? rows) < LEAST_ROWS;
  return isFew || told.length > 0 ? told : unnamed(changes, alpha);
}

function unnamed(changes: Changes, alpha: number): Cause[] {
  const told = sureChanges(changes, alpha).slice(0, TOLD_STATISTICS);
  const [most] = told;
  if (most === undefined) return [];
  const means = told.map(({ name, baseline, window }) => `${name} (mean ${fine(baseline)} → ${fine(window)})`);
  const cause = causeOf(UNNAMED, `most in ${means.join(', ')}`, most);
  return [{ ...cause, p: cause.p * changes.size }];
}

// Names by rules: a mark (`structure-causes.ts`) or a place (`place-causes.ts`) comes first, and explains the rest:
// JPEG's blocks are no blur. Otherwise each aspect is looked at (`aspects.ts`).
//
// - Contrast, sharpness, noise and saturation must have changed both by themselves *and* relative to what they scale
//   with (`withRelativeStatistics`), in the same direction; the smaller effect counts. An effect less than half as
//   strong as the strongest is taken for its side effect (blur lowers contrast a little, clipping sharpens).
// - The effect is at least `SMALLEST_EFFECT`, its mean moved by `SMALLEST_CHANGE`, and it is significant at level α,
//   adjusted for all that was looked at.
// - What is named is all that changed (`whole-stories.ts`). Otherwise the rules have no name.

function ruledCauses(changes: Changes, grids: Grids | null, alpha: number): Cause[] {
  const aspects = aspectFindings(changes);
  const place: Finder = () => (grids ? placeCause(grids, alpha / tests) : null);
  const finders = [...LINES, place, ...MARKS];
  const tests = finders.length + aspects.length;
  for (const find of finders) {
    const cause = find(changes);
    if (cause === null || cause.p * tests > alpha) continue;
    return isWhole(cause, changes) ? [{ ...cause, p: cause.p * tests }] : [];
  }
  if (isHidden(changes)) return [];
  const named = sureAspects(changes, aspects, { others: finders.length, alpha });
  return areWhole(named, changes) ? named.map(({ aspect: _, ...cause }) => cause) : [];
}
