/** What each cause of the library does to the statistics of a few baseline images, without a network. */
import {
  CAUSE_FAMILY_NAMES,
  type CauseFamilyName,
  type CauseSetting,
  causeLibrary,
  causeMake,
  type Image,
} from '../../data/index.js';
import { CauseSpline, type ImageFeatures, type Matrix64 } from '../../drift/index.js';
import type { BaselineImages } from './baseline-images.js';
import type { Kept } from './kept.js';
import { type LookThreads, looksAt, type PackedImages, packed } from './look-threads.js';

/** Fewer images are looked at where they are large: an answer in seconds, or in a few minutes. */
const [LEAST_IMAGES, PIXELS] = [24, 2 ** 20];
/** As few say which causes are worth a look at more. */
export const ROUGH_IMAGES = 12;
/** So many settle a strength, and say in which share of the images a cause is. */
export const [SETTLING_IMAGES, SHARING_IMAGES] = [48, 200];
/** Images by which the strength of a cause is settled that is then embedded. */
export const FINE_LOOKS = 1_000;

export interface LookedCause {
  family: CauseFamilyName;
  make: string;
  spline: CauseSpline;
}

/** Moves that a search asks for again soon: where one step ends, the next begins. */
const REMEMBERED = 128;

interface Looking {
  threads: LookThreads;
  features: ImageFeatures;
  /** Called before each look at a cause; what it throws ends the search. */
  onLook?: (() => void) | undefined;
}

/** A few images of the baseline, and what causes do to them. */
export class LibraryLook {
  readonly #images: PackedImages;
  readonly #looking: Looking;
  readonly #clean: Matrix64;
  readonly #cleanFeatures: Float64Array;
  readonly #moves = new Map<string, Promise<Float64Array>>();
  /** Images that are looked at. */
  readonly count: number;
  readonly side: number;

  private constructor(images: PackedImages, looking: Looking, clean: Matrix64) {
    const [height, width] = images.sizes as unknown as [number, number];
    this.side = Math.min(height, width);
    this.count = clean.rows;
    this.#images = images;
    this.#looking = looking;
    this.#clean = clean;
    this.#cleanFeatures = looking.features.of(clean);
  }

  static async at(images: readonly Image[], looking: Looking): Promise<LibraryLook> {
    const all = packed(images);
    return new LibraryLook(all, looking, await looking.threads.table(all, []));
  }

  moveOf(causes: readonly CauseSetting[]): Promise<Float64Array> {
    const key = JSON.stringify(causes);
    const known = this.#moves.get(key);
    if (known !== undefined) return known;
    const move = this.#moveOf(causes);
    this.#moves.set(key, move);
    if (this.#moves.size > REMEMBERED) this.#moves.delete(this.#moves.keys().next().value!);
    return move;
  }

  async #moveOf(causes: readonly CauseSetting[]): Promise<Float64Array> {
    const moved = this.#looking.features.of(await this.#tableWith(causes));
    return moved.map((value, i) => value - this.#cleanFeatures[i]!);
  }

  /** What single images look like: `ImageFeatures.rowsOf`. @param causes none for the images as they are */
  async rowsOf(causes: readonly CauseSetting[]): Promise<Matrix64> {
    return this.#looking.features.rowsOf(causes.length === 0 ? this.#clean : await this.#tableWith(causes));
  }

  async #tableWith(causes: readonly CauseSetting[]): Promise<Matrix64> {
    this.#looking.onLook?.();
    return this.#looking.threads.table(this.#images, causes);
  }

  /** Every make of every family at all of its strengths. @param baseline what it depends on */
  async all(
    baseline: Pick<BaselineImages, 'sha256'>,
    kept: Kept,
    onProgress: (done: number, total: number) => void,
  ): Promise<LookedCause[]> {
    const makes = CAUSE_FAMILY_NAMES.flatMap((family) =>
      Object.keys(causeLibrary[family].makes).map((make) => {
        const { strengths, neutral } = causeMake({ family, make });
        return { family, make, neutral, strengths: strengths(this.side) };
      }),
    );
    const total = makes.reduce((sum, { strengths }) => sum + strengths.length, 0);
    let done = 0;
    const { size } = this.#looking.features;
    const key = ['look', baseline.sha256, makes, this.count, size];
    const arrays = await kept.get(key, async () => {
      const made = await looksAt(makes, async ({ family, make, neutral, strengths }) => {
        const all = new Float32Array(strengths.length * size);
        for (const [i, strength] of strengths.entries()) {
          if (strength !== neutral) all.set(await this.#moveOf([{ family, make, strength }]), i * size);
          onProgress(++done, total);
        }
        return [`${family}/${make}`, all] as const;
      });
      return Object.fromEntries(made);
    });
    return makes.map(({ family, make, strengths }) => {
      const all = arrays[`${family}/${make}`]!;
      const moves = strengths.map((_, i) => Float64Array.from(all.subarray(i * size, (i + 1) * size)));
      return { family, make, spline: new CauseSpline({ strengths, moves }) };
    });
  }
}

/** Images that lie evenly in the baseline. @param most fewer if they are large @param least however large they are */
export async function someImages({ images }: BaselineImages, most: number, least = LEAST_IMAGES): Promise<Image[]> {
  const { height, width } = await images.at(0);
  const count = Math.min(most, images.length, Math.max(least, Math.floor(PIXELS / (height * width))));
  const some: Image[] = [];
  for (let i = 0; i < count; i++) some.push(await images.at(Math.floor((i * images.length) / count)));
  return some;
}
