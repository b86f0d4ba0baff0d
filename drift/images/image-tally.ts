/** Counts repeated and bad images, in the baseline and in windows alike. */
import type { ImageRows } from '../rows/batch.js';
import { hashKey, KeyCounts } from '../rows/keys.js';
import { added, totalOf } from '../statistics/counts.js';
import { CHECK_OF_ROW, COUNTED_CHECKS, type CountedCheck, type SizeLimits } from './image-checks.js';

// Brightness of parts: something at one place changes one part, and makes it vary less from image to image.

/** Parts in each direction, and all of them. */
export const GRID_SIDE = 8;
export const GRID_PARTS = GRID_SIDE ** 2;
const DIGITS = 2 * GRID_PARTS;

export interface GridCounts {
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
  bytes: HashCounts;
  looks: HashCounts;
  grids: GridCounts;
}

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

  /** @param limits those of the baseline @param capacity different hashes to keep */
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
  return {
    checks: zeroChecks(),
    bytes: new HashTally(0, 0).counts(),
    looks: new HashTally(0, 0).counts(),
    grids: noGrids(),
  };
}

/** Adds two parts. @param capacity different hashes to keep */
export function mergeImageCounts(a: ImageCounts, b: ImageCounts, capacity: number): ImageCounts {
  return {
    checks: added(a.checks, b.checks),
    bytes: mergeHashCounts(a.bytes, b.bytes, capacity),
    looks: mergeHashCounts(a.looks, b.looks, capacity),
    grids: added(a.grids, b.grids),
  };
}

function zeroChecks(): Record<CountedCheck, CheckCount> {
  return mapChecks(() => ({ images: 0, found: 0 }));
}

function mapChecks<T>(map: (check: CountedCheck) => T): Record<CountedCheck, T> {
  return Object.fromEntries(COUNTED_CHECKS.map((check) => [check, map(check)])) as Record<CountedCheck, T>;
}

// Counts how often each hash of an image comes. Of many different ones, those with the smallest keys are kept, which are
// a random draw (`KeyCounts`): counts are exact up to so many, and estimated beyond. Parts merge to exactly what
// counting all at once gives.

export interface HashCounts {
  rows: number;
  /** Keys of the hashes, below 2^40, ascending. */
  keys: Float64Array;
  weights: Int32Array;
}

/** Different hashes of a baseline that are kept: 110 kB of JSON. */
export const BASELINE_HASHES = 16_384;
/** Different hashes of a window that are kept. */
export const WINDOW_HASHES = 65_536;

export class HashTally {
  readonly #keys: KeyCounts;
  readonly #length: number;
  #rows = 0;

  /** @param length hex digits of a hash, at least 16 @param capacity different hashes to keep */
  constructor(length: number, capacity: number) {
    this.#length = length;
    this.#keys = new KeyCounts(capacity);
  }

  /** @param hash is not counted unless it has the right length and begins with 16 hex digits */
  add(hash: unknown): void {
    if (typeof hash !== 'string' || hash.length !== this.#length) return;
    const key = hashKey(hash);
    if (key < 0) return;
    this.#rows++;
    this.#keys.add(key, 1);
  }

  counts(): HashCounts {
    return { rows: this.#rows, ...this.#keys.kept() };
  }
}

export function mergeHashCounts(a: HashCounts, b: HashCounts, capacity: number): HashCounts {
  const merged = new KeyCounts(capacity);
  for (const { keys, weights } of [a, b]) {
    for (const [i, key] of keys.entries()) merged.add(key, weights[i]!);
  }
  return { rows: a.rows + b.rows, ...merged.kept() };
}

export function isComplete({ rows, weights }: HashCounts): boolean {
  return totalOf(weights) === rows;
}

/** Images whose hash another image among them has. */
export function repeatedRows({ rows, weights }: HashCounts): number {
  const repeated = totalOf(weights.filter((weight) => weight > 1));
  return repeated === 0 ? 0 : Math.round((repeated / totalOf(weights)) * rows);
}

/** Images of the window whose hash an image of the baseline has. */
export function sharedRows(window: HashCounts, baseline: HashCounts): number {
  const limit = Math.min(limitOf(window), limitOf(baseline));
  let [looked, shared, other] = [0, 0, 0];
  for (const [i, key] of window.keys.entries()) {
    if (key > limit) break;
    looked += window.weights[i]!;
    while (baseline.keys[other]! < key) other++;
    if (baseline.keys[other] === key) shared += window.weights[i]!;
  }
  return shared === 0 ? 0 : Math.round((shared / looked) * window.rows);
}

/** Keys up to here are all that there are. */
function limitOf(counts: HashCounts): number {
  return isComplete(counts) ? Number.POSITIVE_INFINITY : counts.keys.at(-1)!;
}
