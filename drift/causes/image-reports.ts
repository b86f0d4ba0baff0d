/**
 * What the images of a window themselves say: how many are duplicates, and whether more or fewer of them are dark, bright,
 * blurred, … than in the baseline. It does not decide about drift.
 *
 * An image is blurred if it is less sharp at equal contrast than nearly all of the baseline's: dark and pale images are not. Of events
 * without image statistics, cleanvision's score says it (`images/image-checks.ts`), which light and contrast lower, too.
 *
 * Shares of the checks are compared by Fisher's exact test, with Holm's adjustment over all checks of all windows.
 * Duplicates have no p-value: how many there are depends on how many images there are, and copies are not independent.
 */
import { type HashCounts, isComplete, repeatedRows, sharedRows } from '../images/hash-tally.js';
import { IMAGE_CHECKS } from '../images/image-checks.js';
import type { CheckCount, ImageBaseline, ImageCounts } from '../images/image-tally.js';
import type { Profile } from '../profile/profile.js';
import type { Histogram } from '../profile/reference.js';
import { holm } from '../statistics/adjusted-p-values.js';
import { totalOf } from '../statistics/counts.js';
import { fisherExactP } from '../tests/fisher-exact.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { imageFindings } from './image-findings.js';
import type { CheckReport, DuplicatesReport, ImagesReport } from './images-report.js';

/** What is known of a baseline's images. */
export type KnownImages = Partial<Pick<Profile, 'images' | 'reference'>>;

export interface ReportedImages {
  summary: WindowSummary;
  /** In words, those in the images first; null where not known. */
  causes?: readonly string[] | null | undefined;
}

/** One for each window, in their order; null where nothing is known of its images. */
export function imageReports(
  profile: KnownImages,
  windows: readonly ReportedImages[],
  alpha: number,
): (ImagesReport | null)[] {
  const checks = adjusted(windows.map(({ summary }) => checkReports(profile, summary)));
  return windows.map(({ summary: { images }, causes }, w) => {
    if (images === null) return null;
    const report = { duplicates: duplicates(profile.images ?? null, images), checks: checks[w]! };
    const kinds = (causes ?? []).map((words) => words.split(':', 1)[0]!).filter((kind) => !TELLS_A_SHARE.test(kind));
    return { ...report, findings: imageFindings(report, { alpha, causes: kinds }) };
  });
}

/** Causes that only say which share of the rows moved. */
const TELLS_A_SHARE = /^(cluster \d+$|predicted "|the images changed in a way that has no name)/;

/** Null of windows of which nothing is known of the images. */
export function checkReports({ images: known, reference }: KnownImages, window: WindowSummary): CheckReport[] {
  if (window.images === null) return [];
  const [sharp, other] = [reference, window.reference].map((side) =>
    leastSharp(side?.statistics['relative_sharpness']),
  );
  return IMAGE_CHECKS.map((name) => {
    const isBySharpness = name === 'blurred' && sharp && other;
    const after = shareOf(isBySharpness ? other : window.images!.checks[name]);
    const before = isBySharpness ? shareOf(sharp) : known ? shareOf(known.checks[name]) : null;
    const p = after && before && fisherP(after, before, window);
    const { images, found, share } = after ?? { images: null, found: null, share: null };
    return { name, images, found, share, baseline: before, p, p_adjusted: null };
  });
}

function shareOf({ images, found }: CheckCount): { images: number; found: number; share: number } | null {
  return images === 0 ? null : { images, found, share: found / images };
}

/** Bins that a statistic needs, so that its lowest one is what hardly any image has. */
const LEAST_BINS = 20;

/** Images in the lowest bin; null where bins are few. */
function leastSharp(statistic: Pick<Histogram, 'counts'> | undefined): CheckCount | null {
  if (statistic === undefined || statistic.counts.length < LEAST_BINS) return null;
  return { images: totalOf(statistic.counts), found: statistic.counts[0]! };
}

/** A row that repeats adds no information: the window counts as so many rows as it is worth. */
function fisherP({ found, images }: CheckCount, before: CheckCount, { rows, effectiveRows }: WindowSummary): number {
  const worth = Math.max(1, Math.round(images * Math.min(1, effectiveRows / rows)));
  return fisherExactP(Math.round((found * worth) / images), worth, before.found, before.images);
}

function adjusted(reports: readonly CheckReport[][]): CheckReport[][] {
  const tested = reports.flat().filter((report) => report.p !== null);
  const ps = holm(tested.map(({ p }) => p as number));
  const places = new Map(tested.map((report, i) => [report, ps[i]!]));
  return reports.map((ofWindow) => ofWindow.map((report) => ({ ...report, p_adjusted: places.get(report) ?? null })));
}

function duplicates(baseline: ImageBaseline | null, window: ImageCounts): ImagesReport['duplicates'] {
  const exact = counted(window.bytes, known(baseline?.bytes));
  const alike = counted(window.looks, known(baseline?.looks));
  return { exact, near: alike && without(alike, exact) };
}

function known(counts: HashCounts | undefined): HashCounts | null {
  return counts === undefined || counts.rows === 0 ? null : counts;
}

function counted(window: HashCounts, baseline: HashCounts | null): DuplicatesReport | null {
  if (window.rows === 0) return null;
  return {
    images: window.rows,
    within: repeatedRows(window),
    in_baseline: baseline && sharedRows(window, baseline),
    baseline: baseline && { images: baseline.rows, within: repeatedRows(baseline) },
    estimated: !isComplete(window) || (baseline !== null && !isComplete(baseline)),
  };
}

/** Those that are alike and not equal. */
function without(alike: DuplicatesReport, exact: DuplicatesReport | null): DuplicatesReport {
  const rest = (all: number, equal: number | undefined) => Math.max(0, all - (equal ?? 0));
  return {
    ...alike,
    within: rest(alike.within, exact?.within),
    in_baseline: alike.in_baseline === null ? null : rest(alike.in_baseline, exact?.in_baseline ?? undefined),
    baseline: alike.baseline && {
      ...alike.baseline,
      within: rest(alike.baseline.within, exact?.baseline?.within),
    },
  };
}
