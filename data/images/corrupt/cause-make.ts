import type { Random } from '../../../base/index.js';
import type { Image } from '../pixel-batch.js';

export interface CauseMake {
  /** What the strength is, for a person. */
  unit: string;
  /** Ascending; one alone is on or off. @param side the image's shorter side, pixels */
  strengths(side: number): readonly number[];
  /** The strength that changes nothing; null where the cause is there or not, or always changes something. */
  neutral: number | null;
  /** A new image of the same size; the given one is left as it is. */
  apply(image: Image, strength: number, random: Random): Image;
}

type Apply = CauseMake['apply'];

/** Strengths in pixels are those of images of up to 64 pixels, and grow with the side of larger ones. */
const SMALL_SIDE = 64;

export function graded(
  unit: string,
  strengths: readonly number[] | ((side: number) => readonly number[]),
  neutral: number | null,
  apply: Apply,
): CauseMake {
  return {
    unit,
    strengths: typeof strengths === 'function' ? strengths : () => strengths,
    neutral,
    // Not every operator is defined where it changes nothing.
    apply: (image, strength, random) =>
      strength === neutral ? { ...image, data: new Uint8Array(image.data) } : apply(image, strength, random),
  };
}

/** An operator, with what it takes behind the strength. */
export function by<Rest extends unknown[]>(
  change: (image: Image, strength: number, ...rest: Rest) => Image,
  ...rest: Rest
): Apply {
  return (image, strength) => change(image, strength, ...rest);
}

export function fixed(apply: (image: Image) => Image): CauseMake {
  return { unit: 'there', strengths: () => [1], neutral: null, apply };
}

/** What is measured in pixels, from `neutral` on. */
export function inPixels(strengths: readonly number[], neutral: number): (side: number) => readonly number[] {
  return (side) => strengths.map((strength) => neutral + (strength - neutral) * Math.max(1, side / SMALL_SIDE));
}
