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
