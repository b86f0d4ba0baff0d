/**
 * Hashes embeddings to 53-bit numbers: two lanes of MurmurHash3 (A. Appleby, public domain) with different seeds, not
 * for security. Keys find repeated rows, and pick samples of different rows that merge (the smallest keys). Among a
 * million rows, two different ones share a key with a chance of about 1 in 18,000.
 */
import type { Matrix } from '../linear/matrix.js';

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);

/** The key of a row, from its values as float32; 0 and -0 are one value. */
export function rowKey({ data, columns }: Matrix, row: number, seed: number): number {
  let a = startOf(seed, 0x9e3779b9);
  let b = startOf(seed, 0x85ebca6b);
  const end = (row + 1) * columns;
  for (let i = row * columns; i < end; i++) {
    word[0] = data[i]! + 0;
    const value = bits[0]!;
    a = mixIn(a, value);
    b = mixIn(b, value);
  }
  return join(finish(a ^ columns), finish(b ^ columns));
}

/** The key of a whole number from 0 to 2^53 - 1. */
export function numberKey(value: number, seed: number): number {
  return wordsKey(Math.floor(value / 2 ** 32), value >>> 0, seed);
}

/** The key of a text, from its UTF-16 code units. */
export function textKey(text: string, seed: number): number {
  let a = startOf(seed, 0x165667b1);
  let b = startOf(seed, 0xd3a2646c);
  for (let i = 0; i < text.length; i++) {
    a = mixIn(a, text.charCodeAt(i));
    b = mixIn(b, text.charCodeAt(i));
  }
  return join(finish(a ^ text.length), finish(b ^ text.length));
}

/** The key of a hash, from its first 16 hex digits: below 2^40, five bytes in a file. -1 if not hex digits. */
export function hashKey(hash: string): number {
  const [high, low] = [hexWord(hash, 0), hexWord(hash, 8)];
  return high < 0 || low < 0 ? -1 : Math.floor(wordsKey(high, low, 0) / 2 ** 13);
}

/** 0 to 15 by code of a hex digit; -1 for other characters. */
const HEX = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code | 32)));

function hexWord(text: string, from: number): number {
  let word = 0;
  for (let at = from; at < from + 8; at++) {
    const digit = HEX[text.charCodeAt(at)] ?? -1;
    if (digit < 0) return -1;
    word = word * 16 + digit;
  }
  return word;
}

function wordsKey(high: number, low: number, seed: number): number {
  const a = mixIn(mixIn(startOf(seed, 0xc2b2ae35), low), high);
  const b = mixIn(mixIn(startOf(seed, 0x27d4eb2f), low), high);
  return join(finish(a), finish(b));
}

function startOf(seed: number, lane: number): number {
  return finish(mixIn(mixIn(lane, seed >>> 0), Math.floor(seed / 2 ** 32)));
}

function mixIn(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  k = hash ^ Math.imul(k, 0x1b873593);
  k = (k << 13) | (k >>> 19);
  return (Math.imul(k, 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function join(high: number, low: number): number {
  return (high >>> 11) * 2 ** 32 + low;
}

/**
 * Keeps the different rows with the smallest keys of a stream, and how often each came ("bottom-k" or KMV sample: E.
 * Cohen and H. Kaplan, "Summarizing data using bottom-k sketches", PODC 2007): a random draw, whatever the order of
 * rows and shards. Counts are exact: a key that is too large once never comes back.
 */

interface Entry<T> {
  key: number;
  weight: number;
  value: T;
}

export class SmallestKeys<T> {
  readonly #entries = new Map<number, Entry<T>>();
  /** Keys from here up are ignored. */
  #limit = Number.POSITIVE_INFINITY;
  readonly #capacity: number;
  readonly #join: (a: T, b: T) => T;

  /** @param capacity different keys kept, may be 0 @param join chooses between the values of two rows with one key */
  constructor(capacity: number, join: (a: T, b: T) => T) {
    this.#capacity = capacity;
    this.#join = join;
    if (capacity === 0) this.#limit = 0;
  }

  /** @param value computed only when the key is small enough */
  add(key: number, weight: number, value: () => T): void {
    if (key >= this.#limit) return;
    const entry = this.#entries.get(key);
    if (entry) entry.value = this.#join(entry.value, value());
    this.at(key, value)!.weight += weight;
  }

  /** The entry of a key, made if it is new; null if the key is too large. */
  at(key: number, value: () => T): Entry<T> | null {
    const known = this.#entries.get(key);
    if (known || key >= this.#limit) return known ?? null;
    const added = { key, weight: 0, value: value() };
    this.#entries.set(key, added);
    // Pruning is rare, so that a row costs a constant on average.
    if (this.#entries.size > 2 * this.#capacity) this.#prune();
    return added;
  }

  kept(): Entry<T>[] {
    this.#prune();
    return [...this.#entries.values()].sort((a, b) => a.key - b.key);
  }

  #prune(): void {
    if (this.#entries.size <= this.#capacity) return;
    const keys = Float64Array.from(this.#entries.keys()).sort();
    this.#limit = keys[this.#capacity]!;
    for (const key of keys.subarray(this.#capacity)) this.#entries.delete(key);
  }
}

/**
 * Effective sample size as a share of the rows: (Σ w)² / (Σ w² · Σ w) (L. Kish, Survey Sampling, 1965), 1 for no rows.
 * A row that comes much more often counts once and takes nothing from the others: see `largestOfOthers`.
 */
export function effectiveShare(weights: ArrayLike<number>): number {
  const largest = largestOfOthers(weights);
  let [rows, sum, squares, once] = [0, 0, 0, 0];
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    rows += weight;
    if (weight > largest) once++;
    else {
      sum += weight;
      squares += weight ** 2;
    }
  }
  return rows === 0 ? 1 : (sum ** 2 / squares + once) / rows;
}

/**
 * The largest weight that counts by Kish's formula; whoever comes more often is left out. Of 540 rows and 60 copies of
 * one, the 540 tell more than all: the copies outweigh the others in a mean.
 * @param weights whole numbers from 1
 */
export function largestOfOthers(weights: ArrayLike<number>): number {
  let [sum, squares, most, best] = [0, 0, 0, 0];
  const sorted = Float64Array.from(weights).sort();
  for (const [i, weight] of sorted.entries()) {
    sum += weight;
    squares += weight ** 2;
    // Equal weights are left out together or not at all.
    if (weight === sorted[i + 1] || sum ** 2 / squares < most) continue;
    [most, best] = [sum ** 2 / squares, weight];
  }
  return best;
}

/** `SmallestKeys` without values, in typed arrays for millions of rows: linear probing, at most half full. */
const EMPTY = -1;
const FIRST_PLACES = 64;

export class KeyCounts {
  readonly #capacity: number;
  /** Keys from here up are ignored. */
  #limit = Number.POSITIVE_INFINITY;
  #size = 0;
  #keys = new Float64Array(FIRST_PLACES).fill(EMPTY);
  #weights = new Int32Array(FIRST_PLACES);

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @param key whole number from 0; its lowest bits are evenly spread */
  add(key: number, weight: number): void {
    if (key >= this.#limit) return;
    const at = this.#placeOf(key);
    if (this.#keys[at] === key) {
      this.#weights[at]! += weight;
      return;
    }
    this.#keys[at] = key;
    this.#weights[at] = weight;
    this.#size++;
    if (2 * this.#size > this.#keys.length) this.#makeRoom();
  }

  /** The kept keys, ascending, and how often each came. */
  kept(): { keys: Float64Array; weights: Int32Array } {
    const sorted = this.#sorted();
    const keys = sorted.slice(0, this.#capacity);
    if (sorted.length > this.#capacity) this.#limit = sorted[this.#capacity]!;
    return { keys, weights: Int32Array.from(keys, (key) => this.#weights[this.#placeOf(key)]!) };
  }

  #placeOf(key: number): number {
    const mask = this.#keys.length - 1;
    let at = key & mask;
    while (this.#keys[at] !== EMPTY && this.#keys[at] !== key) at = (at + 1) & mask;
    return at;
  }

  #sorted(): Float64Array {
    return this.#keys.filter((key) => key !== EMPTY).sort();
  }

  /** Forgets the larger half once there are twice as many as are kept. Until then the table grows. */
  #makeRoom(): void {
    const isFull = this.#size >= 2 * this.#capacity;
    const { keys, weights } = isFull ? this.kept() : { keys: this.#keys, weights: this.#weights };
    const places = isFull ? this.#keys.length : 2 * this.#keys.length;
    this.#keys = new Float64Array(places).fill(EMPTY);
    this.#weights = new Int32Array(places);
    this.#size = 0;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (key === EMPTY) continue;
      const at = this.#placeOf(key);
      this.#keys[at] = key;
      this.#weights[at] = weights[i]!;
      this.#size++;
    }
  }
}
