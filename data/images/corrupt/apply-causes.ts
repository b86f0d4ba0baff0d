import { Random } from '../../../base/index.js';
import type { Image } from '../pixel-batch.js';
import type { CauseMake } from './cause-make.js';
import { type CauseFamily, type CauseFamilyName, causeLibrary, STAGES } from './library.js';

/** A cause with all that is needed to make it again. */
export interface CauseSetting {
  family: CauseFamilyName;
  make: string;
  strength: number;
}

export function causeMake({ family, make }: Pick<CauseSetting, 'family' | 'make'>): CauseMake {
  const makes: Readonly<Record<string, CauseMake>> = causeLibrary[family].makes;
  const found = makes[make];
  if (found === undefined) throw new RangeError(`${family} has no make ${make}`);
  return found;
}

/** Causes that come together, in the order in which an image is made. */
export function inOrder<T extends Pick<CauseSetting, 'family'>>(causes: readonly T[]): T[] {
  const stage = ({ family }: Pick<CauseSetting, 'family'>) => STAGES.indexOf(causeLibrary[family].stage);
  return [...causes].sort((a, b) => stage(a) - stage(b));
}

/** An image with causes, one after the other. What is random in it depends on the seed and the number of the image alone. */
export function applyCauses(image: Image, causes: readonly CauseSetting[], seed: number, row: number): Image {
  return causes.reduce(
    (changed, cause, i) => causeMake(cause).apply(changed, cause.strength, Random.stream(seed + i, row)),
    image,
  );
}

/** What a cause does, in a few words for people: `darker` where the family has words for its two directions, else its summary. */
export function causeSummary(cause: CauseSetting): string {
  const { summary, directions }: CauseFamily = causeLibrary[cause.family];
  const { neutral } = causeMake(cause);
  if (directions === undefined || neutral === null || cause.strength === neutral) return summary;
  return cause.strength < neutral ? directions[0] : directions[1];
}
