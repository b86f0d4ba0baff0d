/**
 * How many images of a window are duplicates, and whether more or fewer are dark, bright, blurred, … than in the
 * baseline. It does not decide about drift.
 *
 * An image is blurred if it is less sharp at equal contrast than nearly all of the baseline's. Without image
 * statistics, cleanvision's score says it (`images/image-checks.ts`), which light and contrast lower, too. Shares are
 * compared by Fisher's exact test, with Holm's adjustment over all checks of all windows. Duplicates have no p-value:
 * copies are not independent, and their number depends on that of all images.
 */
import { grouped } from '../drift-error.js';
import { IMAGE_CHECKS, type ImageCheck, sharpnessBins } from '../images/image-checks.js';
import {
  type CheckCount,
  type HashCounts,
  type ImageBaseline,
  type ImageCounts,
  isComplete,
  repeatedRows,
  sharedRows,
} from '../images/image-tally.js';
import type { Profile } from '../profile/profile.js';
import type { Histogram } from '../profile/reference.js';
import { totalOf } from '../statistics/counts.js';
import { fisherExactP, holm } from '../tests/p-values.js';
import type { WindowSummary } from '../windows/window-summary.js';

export type KnownImages = Partial<Pick<Profile, 'images' | 'reference'>>;

interface ReportedImages {
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
  const [sharp, other] = [reference, window.reference].map((side) => leastSharp(sharpnessBins(side?.statistics)));
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

/** Images in the lowest bin. */
function leastSharp(bins: Pick<Histogram, 'counts'> | null): CheckCount | null {
  return bins && { images: totalOf(bins.counts), found: bins.counts[0]! };
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

// What stands out among a window's images, in words. A finding and a cause never disagree: a check is told where more
// images fail it than in the baseline, and where what it counts is among the causes, or there are no others.

/** Smallest share of duplicates, and smallest rise of a check's share, that is named: one image in a hundred. */
const SMALLEST_SHARE = 0.01;
/** Duplicates are named if their share is at least so many times that of the baseline's images among each other. */
const TIMES_THOSE_OF_BASELINE = 2;

const WORDS: Readonly<Record<ImageCheck, readonly [one: string, many: string]>> = {
  dark: ['is dark', 'are dark'],
  bright: ['is bright', 'are bright'],
  blurred: ['is blurred', 'are blurred'],
  tiny: ['is tiny', 'are tiny'],
  huge: ['is huge', 'are huge'],
  odd_aspect: ['has an odd aspect ratio', 'have an odd aspect ratio'],
};
/** The cause that says the same of all images. */
export const CAUSE_OF_CHECK: Readonly<Partial<Record<ImageCheck, string>>> = {
  dark: 'darker',
  bright: 'brighter',
  blurred: 'blurred',
};

interface FindingRule {
  alpha: number;
  causes: readonly string[];
}

/** Duplicates first, then the checks that more images fail, at level `alpha`. */
function imageFindings({ duplicates, checks }: Omit<ImagesReport, 'findings'>, rule: FindingRule): string[] {
  return [
    ...duplicateFindings('exact', duplicates.exact),
    ...duplicateFindings('near', duplicates.near),
    ...checks.flatMap((check) => checkFinding(check, rule)),
  ];
}

function duplicateFindings(kind: string, report: DuplicatesReport | null): string[] {
  if (report === null) return [];
  const { images, within, in_baseline: inBaseline, baseline, estimated } = report;
  const before = baseline && baseline.within / baseline.images;
  const isMany = (count: number) =>
    count / images >= SMALLEST_SHARE && count / images >= TIMES_THOSE_OF_BASELINE * (before ?? 0);
  const of = (count: number) => `${estimated ? 'about ' : ''}${failing(count, images, COPIES[kind]!)} of`;
  const found: string[] = [];
  if (isMany(within)) {
    found.push(`${of(within)} others in the window; baseline: ${before === null ? 'not known' : percent(before)}`);
  }
  if (inBaseline !== null && isMany(inBaseline)) found.push(`${of(inBaseline)} baseline images`);
  return found;
}

const COPIES: Readonly<Record<string, readonly [one: string, many: string]>> = {
  exact: ['is an exact duplicate', 'are exact duplicates'],
  near: ['is a near duplicate', 'are near duplicates'],
};

function checkFinding(check: CheckReport, { alpha, causes }: FindingRule): string[] {
  if (!failsMore(check, alpha) || isOfAnotherCause(check.name, causes)) return [];
  const { name, images, found, baseline, p_adjusted: p } = check;
  const chance = p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(2))}`;
  return [`${checkWords(name, found, images)}; baseline: ${percent(baseline.share)} (${chance})`];
}

type TestedCheck = { [K in keyof CheckReport]: NonNullable<CheckReport[K]> };

/** Whether more images fail a check than in the baseline, beyond chance. */
function failsMore(check: CheckReport, alpha: number): check is TestedCheck {
  const { share, baseline, p_adjusted: p } = check;
  if (share === null || baseline === null || p === null) return false;
  return p <= alpha && share - baseline.share >= SMALLEST_SHARE;
}

/** Causes with the number of images that are so, where more are than in the baseline: the mean of some hides how many. */
export function countedCauses(causes: readonly string[], images: ImagesReport | null, alpha: number): string[] {
  const more = (images?.checks ?? []).filter((check) => failsMore(check, alpha));
  return causes.map((cause) => {
    const check = more.find(({ name }) => cause.startsWith(`${CAUSE_OF_CHECK[name]}: `));
    if (check === undefined) return cause;
    const { name, found, images } = check;
    const [kind, words] = [CAUSE_OF_CHECK[name], checkWords(name, found, images)];
    if (cause.includes(words)) return cause;
    return cause.replace(`${kind}: `, `${kind}: ${kind === name ? ofAll(found, images) : words}, `);
  });
}

function isOfAnotherCause(check: ImageCheck, causes: readonly string[]): boolean {
  const own = CAUSE_OF_CHECK[check];
  return own !== undefined && causes.length > 0 && !causes.includes(own);
}

/** `553 of 600 images are dark` */
export function checkWords(check: ImageCheck, found: number, images: number): string {
  return failing(found, images, WORDS[check]);
}

function failing(count: number, images: number, [one, many]: readonly [string, string]): string {
  return `${ofAll(count, images)} ${count === 1 ? one : many}`;
}

function ofAll(count: number, images: number): string {
  return `${grouped(count)} of ${grouped(images)} images`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/**
 * The images of one window.
 *
 * @example
 * ```ts
 * import { measureWindows, readProfile } from 'image-drift';
 * import type { ImagesReport } from 'image-drift/drift';
 *
 * const dark = (images: ImagesReport | null) => images?.checks.find(({ name }) => name === 'dark')?.found ?? null;
 * const { report } = await measureWindows(await readProfile('profile.json'), ['week_1.parquet']);
 * console.log(report.windows.map(({ images }) => dark(images)));
 * ```
 */
export interface ImagesReport {
  /** `exact`: files of equal bytes. `near`: other images, with equal perceptual hashes. Null where no hash is known. */
  duplicates: { exact: DuplicatesReport | null; near: DuplicatesReport | null };
  /** All checks, in a fixed order. */
  checks: CheckReport[];
  /** What stands out, in words. */
  findings: string[];
}

/**
 * Duplicates in a window.
 *
 * @example
 * ```ts
 * import type { DuplicatesReport } from 'image-drift/drift';
 *
 * const share = ({ within, images }: DuplicatesReport) => within / images;
 * console.log(share({ images: 1000, within: 312, in_baseline: 0, baseline: null, estimated: false })); // 0.312
 * ```
 */
export interface DuplicatesReport {
  /** Images of which it is known. */
  images: number;
  /** Those that another image of the window equals. */
  within: number;
  /** Those that an image of the baseline equals; null where the baseline's are not known. */
  in_baseline: number | null;
  /** The same of the baseline's images among each other. */
  baseline: { images: number; within: number } | null;
  /** Whether there were too many different images to count them all. */
  estimated: boolean;
}

/**
 * One check of the images of a window.
 *
 * @example
 * ```ts
 * import type { CheckReport } from 'image-drift/drift';
 *
 * const isClear = ({ p_adjusted }: CheckReport) => p_adjusted !== null && p_adjusted <= 0.01;
 * const name = 'dark';
 * console.log(isClear({ name, images: 100, found: 40, share: 0.4, baseline: null, p: null, p_adjusted: null })); // false
 * ```
 */
export interface CheckReport {
  name: ImageCheck;
  /** Images that were checked; null where none could be. This holds for all of the window's numbers. */
  images: number | null;
  /** Those that fail. */
  found: number | null;
  /** `found / images` */
  share: number | null;
  /** The same of the baseline; null where not known. */
  baseline: { images: number; found: number; share: number } | null;
  /** Chance of shares so far apart if nothing has changed; null where one of them is not known. */
  p: number | null;
  /** `p` adjusted for all checks of all windows. */
  p_adjusted: number | null;
}
