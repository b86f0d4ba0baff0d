/** What is reported of the images of a window. It is part of what `drift --json` prints, and so a contract. */
import type { ImageCheck } from '../images/image-checks.js';

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
