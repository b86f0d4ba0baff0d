/** Corruptions with any parameters, as torchvision's operations; in fixed levels: `graded.ts`. */
import { Random } from '../../../base/index.js';
import { type Image, mapImages, type PixelBatch } from '../pixel-batch.js';
import { defocus, gaussianBlur } from './blur.js';
import { scaleContrast, shiftColour } from './colour.js';
import { occlude } from './damage.js';
import { rotate } from './geometry.js';
import { compressJpeg } from './jpeg.js';
import { adjustBrightness, adjustContrast, shiftValue } from './light.js';
import { gaussianNoise } from './noise.js';

export interface Corruption {
  /** One line, for a person. */
  summary: string;
  /** Parameters and the values taken where none are given. */
  defaults: Readonly<Record<string, number>>;
  /** A new image of the same size. @param parameters one for every name in `defaults` @throws RangeError */
  apply(image: Image, parameters: Readonly<Record<string, number>>, random: Random): Image;
}

/** Ties the parameter names that `apply` reads to those of `defaults`. */
function corruption<Names extends string>(
  summary: string,
  defaults: Readonly<Record<Names, number>>,
  apply: (image: Image, parameters: Readonly<Record<Names, number>>, random: Random) => Image,
): Corruption {
  return { summary, defaults, apply: (image, given, random) => apply(image, { ...defaults, ...given }, random) };
}

export const corruptions = {
  gaussian_blur: corruption('out of focus', { kernel: 5, sigma: 1 }, (image, { kernel, sigma }) =>
    gaussianBlur(image, kernel, sigma),
  ),
  darken: corruption('underexposed', { factor: 0.35 }, (image, { factor }) => adjustBrightness(image, factor)),
  brighten: corruption('overexposed', { factor: 1.6 }, (image, { factor }) => adjustBrightness(image, factor)),
  contrast: corruption('flat, as in fog', { factor: 0.4 }, (image, { factor }) => adjustContrast(image, factor)),
  gaussian_noise: corruption('a noisy sensor', { sigma: 0.08 }, (image, { sigma }, random) =>
    gaussianNoise(image, sigma, random),
  ),
} as const satisfies Record<string, Corruption>;

export type CorruptionName = keyof typeof corruptions;

export interface CorruptOptions {
  /** Where not given, the corruption's defaults. */
  parameters?: Readonly<Record<string, number>>;
  /** Integer, 0 to 2^32 - 1; default 0. */
  seed?: number;
  /** Number of the batch's first image in its set: each image's noise depends on the seed and its number alone. */
  firstRow?: number;
}

/** Every image of a batch, corrupted; the same for the same seed however a set is cut into batches. */
export function corruptBatch(batch: PixelBatch, name: CorruptionName, options: CorruptOptions = {}): PixelBatch {
  const { parameters = {}, seed = 0, firstRow = 0 } = options;
  const { apply }: Corruption = corruptions[name];
  return mapImages(batch, (image, row) => apply(image, parameters, Random.stream(seed, firstRow + row)));
}

/**
 * Corruptions in five levels, from "a person has to look twice" to "plainly broken": what a drill is run with.
 * ImageNet-C's (Hendrycks and Dietterich, ICLR 2019) have its definitions and severities: for images up to 64 pixels
 * CIFAR-10-C's, for larger ones its own (https://github.com/hendrycks/robustness, ImageNet-C/create_c/make_cifar_c.py
 * and make_imagenet_c.py). The levels of the others do not depend on the size.
 */
export const LEVELS = [1, 2, 3, 4, 5] as const;
export type Level = (typeof LEVELS)[number];

/** Up to this shorter side CIFAR-10-C's severities are used: the larger ones leave nothing of so small an image. */
const SMALL_SIDE = 64;

type Strengths = readonly [number, number, number, number, number];

export interface GradedCorruption {
  /** One line, for a person. */
  summary: string;
  /** What the strengths are, for a person. */
  unit: string;
  /** For images with a shorter side of at most 64 pixels, and for larger ones. */
  small: Strengths;
  large: Strengths;
  /** A new image of the same size; the given one is left as it is. */
  apply(image: Image, strength: number, random: Random): Image;
}

const VALUE = { small: [0.05, 0.1, 0.15, 0.2, 0.3], large: [0.1, 0.2, 0.3, 0.4, 0.5] } as const;
const FACTOR = { small: [0.75, 0.5, 0.4, 0.3, 0.15], large: [0.4, 0.3, 0.2, 0.1, 0.05] } as const;
const SIGMA = { small: [0.04, 0.06, 0.08, 0.09, 0.1], large: [0.08, 0.12, 0.18, 0.26, 0.38] } as const;
const QUALITY = { small: [80, 65, 58, 50, 40], large: [25, 18, 15, 10, 7] } as const;

export const gradedCorruptions = {
  blur: graded('out of focus', 'sigma in pixels', { small: [0.4, 0.6, 0.7, 0.8, 1], large: [1, 2, 3, 4, 6] }, defocus),
  darken: graded('underexposed', 'HSV value taken away', VALUE, (image, strength) => shiftValue(image, -strength)),
  brighten: graded('overexposed', 'HSV value added', VALUE, shiftValue),
  contrast: graded('flat, as in fog', 'contrast left', FACTOR, scaleContrast),
  gaussian_noise: graded('a noisy sensor', 'sigma of pixel/255', SIGMA, gaussianNoise),
  jpeg: graded('compressed hard', 'JPEG quality', QUALITY, compressJpeg),
  occlusion: graded(
    'something before the lens',
    'share of the area',
    sizeless(1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4),
    occlude,
  ),
  colour_shift: graded(
    'wrong white balance',
    'gain of red and loss of blue',
    sizeless(0.1, 0.2, 0.3, 0.4, 0.5),
    shiftColour,
  ),
  rotation: graded('a camera askew', 'degrees', sizeless(5, 10, 15, 20, 30), (image, degrees) =>
    rotate(image, degrees),
  ),
} as const satisfies Record<string, GradedCorruption>;

export type GradedCorruptionName = keyof typeof gradedCorruptions;

export const GRADED_CORRUPTION_NAMES = Object.keys(gradedCorruptions) as readonly GradedCorruptionName[];

type Sizes = Pick<GradedCorruption, 'small' | 'large'>;

function graded(summary: string, unit: string, strengths: Sizes, apply: GradedCorruption['apply']): GradedCorruption {
  return { summary, unit, ...strengths, apply };
}

function sizeless(...strengths: Strengths): Sizes {
  return { small: strengths, large: strengths };
}

/** The strength of a level, in the corruption's unit. @param side the image's shorter side, pixels */
export function atLevel(name: GradedCorruptionName, level: Level, side: number): number {
  const { small, large } = gradedCorruptions[name];
  return (side <= SMALL_SIDE ? small : large)[level - 1]!;
}

export interface CorruptAtLevelOptions {
  /** Integer, 0 to 2^53 - 1; default 0. */
  seed?: number;
  /** Number of the batch's first image in its set: what is random in an image depends on the seed and its number alone. */
  firstRow?: number;
}

/** Every image of a batch at a level; the same for the same seed however a set is cut into batches. */
export function corruptBatchAtLevel(
  batch: PixelBatch,
  name: GradedCorruptionName,
  level: Level,
  options: CorruptAtLevelOptions = {},
): PixelBatch {
  const { seed = 0, firstRow = 0 } = options;
  const { apply }: GradedCorruption = gradedCorruptions[name];
  const strength = atLevel(name, level, Math.min(batch.height, batch.width));
  return mapImages(batch, (image, row) => apply(image, strength, Random.stream(seed, firstRow + row)));
}
