/** A look at the whole library: what each cause does to the statistics of a few images of the baseline, without a network. */
import {
  applyCauses,
  CAUSE_FAMILY_NAMES,
  type CauseFamilyName,
  type CauseSetting,
  causeLibrary,
  causeMake,
  type Image,
} from '../../data/index.js';
import { CauseSpline, type ImageFeatures } from '../../drift/index.js';
import type { BaselineImages } from './baseline-images.js';
import { imageTable } from './image-table.js';
import type { Kept } from './kept.js';
import { CAUSE_SEED } from './remake.js';

/** Fewer images are looked at where they are large: an answer in seconds, or in a few minutes. */
const [LEAST_IMAGES, PIXELS] = [48, 2 ** 21];
/** Images by which the strength of a cause is settled that is then embedded. */
export const FINE_LOOKS = 1_000;

/** One make of a cause, and what it does by its strength. */
export interface LookedCause {
  family: CauseFamilyName;
  make: string;
  spline: CauseSpline;
}

/** A few images of the baseline, and what causes do to them. */
export class LibraryLook {
  readonly #images: readonly Image[];
  readonly #features: ImageFeatures;
  readonly #clean: Float64Array;
  /** The shorter side of the first image. */
  readonly side: number;

  /** @param most images that are looked at */
  constructor({ images }: BaselineImages, features: ImageFeatures, most: number) {
    const [{ height, width }] = images as [Image, ...Image[]];
    const count = Math.min(most, Math.max(LEAST_IMAGES, Math.floor(PIXELS / (height * width))));
    this.side = Math.min(height, width);
    this.#images = evenly(images, count);
    this.#features = features;
    this.#clean = features.of(imageTable(this.#images));
  }

  /** How the features of an image move, in the mean. */
  moveOf(causes: readonly CauseSetting[]): Float64Array {
    const changed = this.#images.map((image, row) => applyCauses(image, causes, CAUSE_SEED, row));
    const moved = this.#features.of(imageTable(changed));
    return moved.map((value, i) => value - this.#clean[i]!);
  }

  /**
   * Every make of every family at all of its strengths.
   * @param baseline what it depends on
   */
  async all(
    baseline: BaselineImages,
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
    const size = this.#features.size;
    const key = ['look', baseline.sha256, makes, this.#images.length, size];
    const arrays = await kept.get(key, async () => {
      const moves: Record<string, Float32Array> = {};
      for (const { family, make, neutral, strengths } of makes) {
        const all = new Float32Array(strengths.length * size);
        for (const [i, strength] of strengths.entries()) {
          if (strength !== neutral) all.set(this.moveOf([{ family, make, strength }]), i * size);
          onProgress(++done, total);
          // Signals are answered between two looks.
          await new Promise((resolve) => setImmediate(resolve));
        }
        moves[`${family}/${make}`] = all;
      }
      return moves;
    });
    return makes.map(({ family, make, strengths }) => {
      const all = arrays[`${family}/${make}`]!;
      const moves = strengths.map((_, i) => Float64Array.from(all.subarray(i * size, (i + 1) * size)));
      return { family, make, spline: new CauseSpline({ strengths, moves }) };
    });
  }
}

function evenly<T>(all: readonly T[], count: number): T[] {
  const taken = Math.min(count, all.length);
  return Array.from({ length: taken }, (_, i) => all[Math.floor((i * all.length) / taken)]!);
}
