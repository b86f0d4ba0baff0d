/** Counts repeated and bad images, in the baseline and in windows alike. */
import type { ImageRows } from '../rows/batch.js';
import { type HashCounts, HashTally, mergeHashCounts, noHashes } from './hash-tally.js';
import { CHECK_OF_ROW, COUNTED_CHECKS, type CountedCheck, type SizeLimits } from './image-checks.js';

// How bright each part of the images is, on average, and how much that varies from image to image. Something that stands
// at one place changes one part, and makes it vary less. Sums are whole numbers, so parts merge exactly.

/** Parts in each direction, and all of them. */
export const GRID_SIDE = 8;
export const GRID_PARTS = GRID_SIDE ** 2;
const DIGITS = 2 * GRID_PARTS;

export interface GridCounts {
  /** Images with a grid. */
  rows: number;
  /** `[GRID_PARTS]`, row by row: Σ of the levels, 0 to 255, and Σ of their squares. */
  sums: Float64Array;
  squares: Float64Array;
}

export class GridTally {
  readonly #counts = noGrids();

  /** @param grid is not counted unless it has 128 hex digits */
  add(grid: unknown): void {
    if (typeof grid !== 'string' || grid.length !== DIGITS || !/^[0-9a-f]+$/i.test(grid)) return;
    const { sums, squares } = this.#counts;
    this.#counts.rows++;
    for (let part = 0; part < GRID_PARTS; part++) {
      const level = 16 * digit(grid, 2 * part) + digit(grid, 2 * part + 1);
      sums[part]! += level;
      squares[part]! += level * level;
    }
  }

  counts(): GridCounts {
    const { rows, sums, squares } = this.#counts;
    return { rows, sums: sums.slice(), squares: squares.slice() };
  }
}

function noGrids(): GridCounts {
  return { rows: 0, sums: new Float64Array(GRID_PARTS), squares: new Float64Array(GRID_PARTS) };
}

function mergeGrids(a: GridCounts, b: GridCounts): GridCounts {
  return {
    rows: a.rows + b.rows,
    sums: a.sums.map((sum, part) => sum + b.sums[part]!),
    squares: a.squares.map((sum, part) => sum + b.squares[part]!),
  };
}

/** The value of the hex digit at a place. */
function digit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code <= 57 ? code - 48 : (code | 32) - 87;
}

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
