/**
 * What the images of a window themselves say: how many are duplicates, and whether more or fewer of them are dark, bright,
 * blurred, … than in the baseline. It does not decide about drift.
 *
 * Shares of the checks are compared by Fisher's exact test, with Holm's adjustment over all checks of all windows.
 * Duplicates have no p-value: how many there are depends on how many images there are, and copies are not independent.
 */
import { type HashCounts, isComplete, repeatedRows, sharedRows } from '../images/hash-tally.js';
import { IMAGE_CHECKS } from '../images/image-checks.js';
import type { CheckCount, ImageBaseline, ImageCounts } from '../images/image-tally.js';
import { holm } from '../statistics/adjusted-p-values.js';
import { fisherExactP } from '../tests/fisher-exact.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { imageFindings } from './image-findings.js';
import type { CheckReport, DuplicatesReport, ImagesReport } from './images-report.js';

/** One for each window, in their order; null where nothing is known of its images. */
export function imageReports(
  baseline: ImageBaseline | null,
  windows: readonly WindowSummary[],
  alpha: number,
): (ImagesReport | null)[] {
  const checks = adjusted(
    windows.map((window) => (window.images ? checkReports(baseline, window, window.images) : [])),
  );
  return windows.map(({ images }, w) => {
    if (images === null) return null;
    const report = { duplicates: duplicates(baseline, images), checks: checks[w]! };
    return { ...report, findings: imageFindings(report, alpha) };
  });
}

function checkReports(baseline: ImageBaseline | null, window: WindowSummary, { checks }: ImageCounts): CheckReport[] {
  return IMAGE_CHECKS.map((name) => {
    const after = shareOf(checks[name]);
    const before = baseline && shareOf(baseline.checks[name]);
    const p = after && before && fisherP(after, before, window);
    const { images, found, share } = after ?? { images: null, found: null, share: null };
    return { name, images, found, share, baseline: before, p, p_adjusted: null };
  });
}

function shareOf({ images, found }: CheckCount): { images: number; found: number; share: number } | null {
  return images === 0 ? null : { images, found, share: found / images };
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
