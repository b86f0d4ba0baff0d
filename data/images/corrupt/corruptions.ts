/**
 * Corruptions with parameters of one's own, by name: what a camera, a lens or a pipeline does to images that a model then
 * meets, as torchvision's operations do it. In fixed levels: `graded.ts`.
 */
import { Random } from '../../../base/index.js';
import { type Image, mapImages, type PixelBatch } from '../pixel-batch.js';
import { adjustBrightness, adjustContrast } from './brightness.js';
import { gaussianBlur } from './gaussian-blur.js';
import { gaussianNoise } from './gaussian-noise.js';

export interface Corruption {
  /** One line, for a person. */
  summary: string;
  /** Parameters and the values taken where none are given. */
  defaults: Readonly<Record<string, number>>;
  /**
   * A new image of the same size; the given one is left as it is.
   * @param parameters one number for every name in `defaults`
   * @throws RangeError for a parameter outside its range
   */
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
