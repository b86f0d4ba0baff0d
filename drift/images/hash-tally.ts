/**
 * Counts how often each hash of an image comes. Of many different ones, those with the smallest keys are kept, which are
 * a random draw (`KeyCounts`): counts are exact up to so many, and estimated beyond. Parts merge to exactly what
 * counting all at once gives.
 */

import { hashKey } from '../rows/row-key.js';
import { KeyCounts } from '../rows/smallest-keys.js';
import { totalOf } from '../statistics/counts.js';

export interface HashCounts {
  /** Images with a hash. */
  rows: number;
  /** Keys of the hashes, below 2^40, ascending. */
  keys: Float64Array;
  /** How often each came. */
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

  /**
   * @param length hex digits of a hash, at least 16
   * @param capacity different hashes to keep
   */
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

export function noHashes(): HashCounts {
  return { rows: 0, keys: new Float64Array(0), weights: new Int32Array(0) };
}

export function mergeHashCounts(a: HashCounts, b: HashCounts, capacity: number): HashCounts {
  const merged = new KeyCounts(capacity);
  for (const { keys, weights } of [a, b]) {
    for (const [i, key] of keys.entries()) merged.add(key, weights[i]!);
  }
  return { rows: a.rows + b.rows, ...merged.kept() };
}

/** Whether every hash was kept, so that counts are exact. */
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
