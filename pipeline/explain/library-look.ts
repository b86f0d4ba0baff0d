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
import { CauseSpline, type ImageFeatures, type Matrix64 } from '../../drift/index.js';
import type { BaselineImages } from './baseline-images.js';
import { imageTable, TABLE_COLUMNS } from './image-table.js';
import type { Kept } from './kept.js';
import { CAUSE_SEED } from './remake.js';

/** Fewer images are looked at where they are large: an answer in seconds, or in a few minutes. */
const [LEAST_IMAGES, PIXELS] = [24, 2 ** 20];
/** As few say which causes are worth a look at more. */
export const ROUGH_IMAGES = 12;
/** So many settle a strength, and say in which share of the images a cause is. */
export const [SETTLING_IMAGES, SHARING_IMAGES] = [48, 200];
/** Pixels of the images that have a cause at the same time. */
const AT_ONCE = 2 ** 18;
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
  readonly #onLook: () => void;
  /** The shorter side of the first image. */
  readonly side: number;

  /** @param images of the baseline, at least one @param onLook called before each look at a cause; what it throws ends the search */
  constructor(images: readonly Image[], features: ImageFeatures, onLook: () => void = () => {}) {
    const [{ height, width }] = images as [Image, ...Image[]];
    this.side = Math.min(height, width);
    this.#images = images;
    this.#features = features;
    this.#onLook = onLook;
    this.#clean = features.of(imageTable(images));
  }

  /** Images that are looked at. */
  get count(): number {
    return this.#images.length;
  }

  /** How the features of an image move, in the mean. */
  moveOf(causes: readonly CauseSetting[]): Float64Array {
    const moved = this.#features.of(this.#tableWith(causes));
    return moved.map((value, i) => value - this.#clean[i]!);
  }

  /** What single images look like: `ImageFeatures.rowsOf`. */
  rowsOf(causes: readonly CauseSetting[]): Matrix64 {
    return this.#features.rowsOf(this.#tableWith(causes));
  }

  /** Few images with causes at a time are in memory. */
  #tableWith(causes: readonly CauseSetting[]): Matrix64 {
    this.#onLook();
    const rows = this.#images.length;
    const data = new Float64Array(rows * TABLE_COLUMNS);
    const { height, width } = this.#images[0]!;
    const size = Math.max(1, Math.floor(AT_ONCE / (height * width)));
    for (let first = 0; first < rows; first += size) {
      const some = this.#images.slice(first, first + size);
      const changed = some.map((image, i) => applyCauses(image, causes, CAUSE_SEED, first + i));
      data.set(imageTable(changed).data, first * TABLE_COLUMNS);
    }
    return { rows, columns: TABLE_COLUMNS, data };
  }

  /**
   * Every make of every family at all of its strengths.
   * @param baseline what it depends on
   */
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

/** Images that lie evenly in the baseline. @param most of them, fewer if they are large @param least however large they are */
export async function someImages({ images }: BaselineImages, most: number, least = LEAST_IMAGES): Promise<Image[]> {
  const { height, width } = await images.at(0);
  const count = Math.min(most, images.length, Math.max(least, Math.floor(PIXELS / (height * width))));
  const some: Image[] = [];
  for (let i = 0; i < count; i++) some.push(await images.at(Math.floor((i * images.length) / count)));
  return some;
}
