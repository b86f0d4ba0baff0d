/** Counts repeated and bad images, in the baseline and in windows alike. */
import type { ImageRows } from '../rows/image-rows.js';
import { type GridCounts, GridTally, mergeGrids, noGrids } from './grid-tally.js';
import { type HashCounts, HashTally, mergeHashCounts, noHashes } from './hash-tally.js';
import { CHECK_OF_ROW, COUNTED_CHECKS, type CountedCheck, type SizeLimits } from './image-checks.js';

export interface CheckCount {
  /** Images that were checked. */
  images: number;
  /** Those that fail. */
  found: number;
}

export interface ImageCounts {
  checks: Readonly<Record<CountedCheck, CheckCount>>;
  /** By the bytes of the files. */
  bytes: HashCounts;
  /** By perceptual hash. */
  looks: HashCounts;
  /** How bright their parts are. */
  grids: GridCounts;
}

/** The images of a baseline. */
export interface ImageBaseline extends ImageCounts {
  /** Null where no size is known. */
  sizes: SizeLimits | null;
}

const [SHA256_DIGITS, PHASH_DIGITS] = [64, 16];

export class ImageTally {
  readonly #limits: SizeLimits | null;
  readonly #checks = zeroChecks();
  readonly #tallies = COUNTED_CHECKS.map((check) => ({ fails: CHECK_OF_ROW[check], count: this.#checks[check] }));
  readonly #bytes: HashTally;
  readonly #looks: HashTally;
  readonly #grids = new GridTally();

  /**
   * @param limits those of the baseline
   * @param capacity different hashes to keep
   */
  constructor(limits: SizeLimits | null, capacity: number) {
    this.#limits = limits;
    this.#bytes = new HashTally(SHA256_DIGITS, capacity);
    this.#looks = new HashTally(PHASH_DIGITS, capacity);
  }

  add(images: ImageRows, row: number): void {
    for (const { fails, count } of this.#tallies) {
      const isBad = fails(images, row, this.#limits);
      if (isBad === null) continue;
      count.images++;
      if (isBad) count.found++;
    }
    this.#bytes.add(images.bytes?.[row]);
    this.#looks.add(images.looks?.[row]);
    this.#grids.add(images.grids?.[row]);
  }

  counts(): ImageCounts {
    return {
      checks: mapChecks((check) => ({ ...this.#checks[check] })),
      bytes: this.#bytes.counts(),
      looks: this.#looks.counts(),
      grids: this.#grids.counts(),
    };
  }
}

export function noImages(): ImageCounts {
  return { checks: zeroChecks(), bytes: noHashes(), looks: noHashes(), grids: noGrids() };
}

/** Adds two parts. @param capacity different hashes to keep */
export function mergeImageCounts(a: ImageCounts, b: ImageCounts, capacity: number): ImageCounts {
  return {
    checks: mapChecks((check) => ({
      images: a.checks[check].images + b.checks[check].images,
      found: a.checks[check].found + b.checks[check].found,
    })),
    bytes: mergeHashCounts(a.bytes, b.bytes, capacity),
    looks: mergeHashCounts(a.looks, b.looks, capacity),
    grids: mergeGrids(a.grids, b.grids),
  };
}

function zeroChecks(): Record<CountedCheck, CheckCount> {
  return mapChecks(() => ({ images: 0, found: 0 }));
}

function mapChecks<T>(map: (check: CountedCheck) => T): Record<CountedCheck, T> {
  return Object.fromEntries(COUNTED_CHECKS.map((check) => [check, map(check)])) as Record<CountedCheck, T>;
}
