/**
 * What stands out among the images of a window, in words: `312 of 1,000 images are …; baseline: 0.1 %`.
 *
 * A finding and a cause never disagree. A check is told where more images fail it than in the baseline, and where what it counts
 * is among the causes, or the images have no other cause: of darkened images none is said to be blurred.
 */
import { grouped } from '../drift-error.js';
import type { ImageCheck } from '../images/image-checks.js';
import type { CheckReport, DuplicatesReport, ImagesReport } from './images-report.js';

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

export interface FindingRule {
  alpha: number;
  /** Kinds of the causes in the images. */
  causes: readonly string[];
}

/** Duplicates first, then the checks that more images fail, at level `alpha`. */
export function imageFindings({ duplicates, checks }: Omit<ImagesReport, 'findings'>, rule: FindingRule): string[] {
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

function checkFinding(
  { name, images, found, share, baseline, p_adjusted: p }: CheckReport,
  rule: FindingRule,
): string[] {
  if (images === null || found === null || share === null || baseline === null || p === null) return [];
  if (p > rule.alpha || share - baseline.share < SMALLEST_SHARE || isOfAnotherCause(name, rule.causes)) return [];
  const chance = p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(2))}`;
  return [`${checkWords(name, found, images)}; baseline: ${percent(baseline.share)} (${chance})`];
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
  return `${grouped(count)} of ${grouped(images)} images ${count === 1 ? one : many}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
