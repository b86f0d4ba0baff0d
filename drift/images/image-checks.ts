/**
 * Which images are bad, by the thresholds of cleanvision 0.3.7 (https://github.com/cleanlab/cleanvision,
 * `issue_managers/image_property_issue_manager.py`). An image fails a check if
 *
 * | check | condition | in cleanvision |
 * |---|---|---|
 * | dark | dark score < 0.32 | `dark` |
 * | bright | bright score < 0.05 | `light` |
 * | blurred | blurred score < 0.29 | `blurry` |
 * | odd_aspect | shorter side / longer side < 0.35 | `odd_aspect_ratio` |
 * | tiny, huge | √(width · height) more than 3 interquartile ranges below the first, above the third quartile | `odd_size` |
 *
 * cleanvision takes the quartiles of the images that it looks at. Here they are those of the baseline, so that baseline
 * and windows are measured alike.
 */
import type { ImageRows } from '../rows/batch.js';

export const IMAGE_CHECKS = ['dark', 'bright', 'blurred', 'tiny', 'huge', 'odd_aspect'] as const;

export type ImageCheck = (typeof IMAGE_CHECKS)[number];

/** The checks, and black images, which show nothing: 99 of 100 pixels are below a tenth. White ones are `bright`. */
export const COUNTED_CHECKS = [...IMAGE_CHECKS, 'black'] as const;

export type CountedCheck = (typeof COUNTED_CHECKS)[number];

const DARK = 0.32;
const BLACK = 0.1;
const BRIGHT = 0.05;
const BLURRED = 0.29;
const ODD_ASPECT = 0.35;
/** Largest contrast of one colour: two and a half levels of 255. */
const ONE_COLOUR = 0.01;
const RANGES = 3;

/** Images that show next to nothing. Nearly all pixels of a black one are below a tenth. */
export type PlainKind = 'black' | 'colour';

/** Null for an image of something, and where one of both is not known. @param brightness, contrast from 0 to 1 */
export function plainKind(brightness: number, contrast: number): PlainKind | null {
  if (brightness + 2 * contrast < BLACK) return 'black';
  return contrast < ONE_COLOUR && Number.isFinite(brightness) ? 'colour' : null;
}

/** Images of a size within these limits are neither tiny nor huge. */
export interface SizeLimits {
  low: number;
  high: number;
}

/** √(width · height) in pixels; NaN where not known. */
export function imageSize({ width, height }: ImageRows, row: number): number {
  const size = Math.sqrt(width?.[row] ?? Number.NaN) * Math.sqrt(height?.[row] ?? Number.NaN);
  return size > 0 && Number.isFinite(size) ? size : Number.NaN;
}

/** @param sizes NaN where not known @returns null if none is known */
export function sizeLimits(sizes: readonly number[]): SizeLimits | null {
  const sorted = Float64Array.from(sizes.filter((size) => !Number.isNaN(size))).sort();
  if (sorted.length === 0) return null;
  const [first, third] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  return { low: first - RANGES * (third - first), high: third + RANGES * (third - first) };
}

/** NumPy's `percentile`: interpolated between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(position)]!, sorted[Math.ceil(position)]!];
  return low + (high - low) * (position % 1);
}

/** Whether the image in a row fails a check; null where that is not known. */
type CheckOfRow = (images: ImageRows, row: number, limits: SizeLimits | null) => boolean | null;

export const CHECK_OF_ROW: Readonly<Record<CountedCheck, CheckOfRow>> = {
  black: ({ dark }, row) => isBelow(dark?.[row], BLACK),
  dark: ({ dark }, row) => isBelow(dark?.[row], DARK),
  bright: ({ bright }, row) => isBelow(bright?.[row], BRIGHT),
  blurred: ({ blurred }, row) => isBelow(blurred?.[row], BLURRED),
  tiny(images, row, limits) {
    const size = imageSize(images, row);
    return limits === null || Number.isNaN(size) ? null : size < limits.low;
  },
  huge(images, row, limits) {
    const size = imageSize(images, row);
    return limits === null || Number.isNaN(size) ? null : size > limits.high;
  },
  odd_aspect: (images, row) => isBelow(aspect(images, row), ODD_ASPECT),
};

/** Bins that a statistic needs, so that its lowest one is what hardly any image has. */
const LEAST_BINS = 20;

/** The baseline's sharpness at equal contrast, by whose lowest bin images are blurred; null where its bins are too few. */
export function sharpnessBins<S extends { counts: readonly number[] }>(
  statistics: Readonly<Record<string, S>> | undefined,
): S | null {
  const bins = statistics?.['relative_sharpness'];
  return bins && bins.counts.length >= LEAST_BINS ? bins : null;
}

/** What checks compare with; each null where it is not known. */
export interface CheckLimits {
  sizes: SizeLimits | null;
  /** Upper end of the lowest bin of the baseline's sharpness at equal contrast. */
  leastSharp: number | null;
}

/** @param sharpness `relative_sharpness`; undefined where not known: then the score says what is blurred */
export function failedChecks(
  images: ImageRows,
  sharpness: ArrayLike<number> | undefined,
  row: number,
  { sizes, leastSharp }: CheckLimits,
): ImageCheck[] {
  return IMAGE_CHECKS.filter((name) => {
    if (name === 'blurred' && sharpness && leastSharp !== null) return sharpness[row]! < leastSharp;
    return CHECK_OF_ROW[name](images, row, sizes) === true;
  });
}

function isBelow(value: number | undefined, threshold: number): boolean | null {
  return value === undefined || Number.isNaN(value) ? null : value < threshold;
}

/** Shorter side / longer side; NaN where not known. */
function aspect({ width, height }: ImageRows, row: number): number {
  const across = width?.[row] ?? Number.NaN;
  const down = height?.[row] ?? Number.NaN;
  return across > 0 && down > 0 ? Math.min(across / down, down / across) : Number.NaN;
}
