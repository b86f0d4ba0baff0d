/** What stands out among the images of a window, in words: `312 of 1,000 images are …; baseline: 0.1 %`. */
import { grouped } from '../drift-error.js';
import type { ImageCheck } from '../images/image-checks.js';
import type { CheckReport, DuplicatesReport, ImagesReport } from './images-report.js';

/** Smallest share of duplicates, and smallest change of a check's share, that is named: one image in a hundred. */
const SMALLEST_SHARE = 0.01;
/** Duplicates are named if their share is at least so many times that of the baseline's images among each other. */
const TIMES_THOSE_OF_BASELINE = 2;

const WORDS: Readonly<Record<ImageCheck, string>> = {
  dark: 'are dark',
  bright: 'are bright',
  blurred: 'are blurred',
  tiny: 'are tiny',
  huge: 'are huge',
  odd_aspect: 'have an odd aspect ratio',
};

/** Duplicates first, then the checks whose share changed, at level `alpha`. */
export function imageFindings({ duplicates, checks }: Omit<ImagesReport, 'findings'>, alpha: number): string[] {
  return [
    ...duplicateFindings('exact', duplicates.exact),
    ...duplicateFindings('near', duplicates.near),
    ...checks.flatMap((check) => checkFinding(check, alpha)),
  ];
}

function duplicateFindings(kind: string, report: DuplicatesReport | null): string[] {
  if (report === null) return [];
  const { images, within, in_baseline: inBaseline, baseline, estimated } = report;
  const before = baseline && baseline.within / baseline.images;
  const isMany = (count: number) =>
    count / images >= SMALLEST_SHARE && count / images >= TIMES_THOSE_OF_BASELINE * (before ?? 0);
  const of = (count: number) => `${estimated ? 'about ' : ''}${ofImages(count, images)} ${kind} duplicates of`;
  const found: string[] = [];
  if (isMany(within)) {
    found.push(`${of(within)} others in the window; baseline: ${before === null ? 'not known' : percent(before)}`);
  }
  if (inBaseline !== null && isMany(inBaseline)) found.push(`${of(inBaseline)} baseline images`);
  return found;
}

function checkFinding({ name, images, found, share, baseline, p_adjusted: p }: CheckReport, alpha: number): string[] {
  if (images === null || found === null || share === null || baseline === null || p === null) return [];
  if (p > alpha || Math.abs(share - baseline.share) < SMALLEST_SHARE) return [];
  const chance = p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(2))}`;
  return [
    `${grouped(found)} of ${grouped(images)} images ${WORDS[name]}; baseline: ${percent(baseline.share)} (${chance})`,
  ];
}

function ofImages(count: number, images: number): string {
  return `${grouped(count)} of ${grouped(images)} images are`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
