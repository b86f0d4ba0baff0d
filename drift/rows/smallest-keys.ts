/**
 * Keeps the different rows with the smallest keys of a stream, and how often each came ("bottom-k" or KMV sample: E.
 * Cohen and H. Kaplan, "Summarizing data using bottom-k sketches", PODC 2007).
 *
 * Keys are hashes, so these rows are a random draw. The result does not depend on the order of the rows or on how they
 * were split into shards. Counts are exact: a key that is too large once never comes back.
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

  /**
   * @param capacity number of different keys to keep; 0 keeps none
   * @param join chooses between the values of two rows with one key
   */
  constructor(capacity: number, join: (a: T, b: T) => T) {
    this.#capacity = capacity;
    this.#join = join;
    if (capacity === 0) this.#limit = 0;
  }

  /** @param value computed only when the key is new and small enough */
  add(key: number, weight: number, value: () => T): void {
    if (key >= this.#limit) return;
    const entry = this.#entries.get(key);
    if (entry) {
      entry.weight += weight;
      entry.value = this.#join(entry.value, value());
      return;
    }
    this.#entries.set(key, { key, weight, value: value() });
    // Pruning is rare, so that a row costs a constant on average.
    if (this.#entries.size >= 2 * this.#capacity + 64) this.#prune();
  }

  /** The kept entries, by ascending key. */
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
 * Effective sample size as a share of the rows, for rows that repeat: (Σ w)² / (Σ w² · Σ w) (L. Kish, Survey Sampling,
 * 1965). A row that comes much more often than others counts once and takes nothing from them: see `largestOfOthers`. It is
 * 1 if no row repeats, and for no rows.
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
 * The largest weight of those that count by Kish's formula: whoever comes more often is left out. All of 1,000 rows in clips
 * of 10 tell most. Of 540 rows and 60 copies of one, the 540 alone tell more than all: copies of one make all rows worth less
 * only because they outweigh the others in a mean, and a mean without them does not have to suffer that.
 *
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

/**
 * How often keys came, of which the smallest are kept: `SmallestKeys` without values, in typed arrays, for millions of
 * rows. A hash table with linear probing, at most half full.
 */
const EMPTY = -1;
const FIRST_PLACES = 64;

export class KeyCounts {
  readonly #capacity: number;
  /** Keys from here up are ignored. */
  #limit = Number.POSITIVE_INFINITY;
  #size = 0;
  #keys = new Float64Array(FIRST_PLACES).fill(EMPTY);
  #weights = new Int32Array(FIRST_PLACES);

  /** @param capacity number of different keys to keep */
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

  /** Where the key is, or where it would go. */
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
