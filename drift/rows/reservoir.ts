/**
 * A uniform random sample of a stream of unknown length (Algorithm R: A. Waterman, in D. Knuth, The Art of Computer
 * Programming 2, 3.4.2). A stream no longer than the sample is kept whole and in order.
 */
import { Random } from '../../base/index.js';
import type { Matrix } from '../linear/matrix.js';

/** Rows that the buffer has room for at first; it doubles as needed. */
const FIRST_ROWS = 1024;

export class Reservoir {
  /** Rows seen so far. */
  seen = 0;
  #data: Float32Array | Float64Array | null = null;
  readonly #random: Random;
  readonly #capacity: number;
  readonly #columns: number;

  constructor(capacity: number, columns: number, seed: number) {
    this.#capacity = capacity;
    this.#columns = columns;
    this.#random = new Random(seed);
  }

  /** @returns the place in the sample that the row took, -1 for none */
  add(matrix: Matrix, row: number): number {
    const place = this.seen < this.#capacity ? this.seen : this.#random.below(this.seen + 1);
    this.seen++;
    if (place >= this.#capacity) return -1;
    const start = row * this.#columns;
    this.#roomFor(place, matrix.data).set(matrix.data.subarray(start, start + this.#columns), place * this.#columns);
    return place;
  }

  /** The sample. It shares memory with the reservoir. */
  sample(): Matrix {
    const rows = Math.min(this.seen, this.#capacity);
    const data = this.#data?.subarray(0, rows * this.#columns) ?? new Float32Array(0);
    return { rows, columns: this.#columns, data };
  }

  /** The buffer, large enough for the place. It becomes float64 once a float64 row has come. */
  #roomFor(place: number, like: Float32Array | Float64Array): Float32Array | Float64Array {
    const held = this.#data === null ? 0 : this.#data.length / this.#columns;
    const rows = place < held ? held : Math.min(this.#capacity, Math.max(FIRST_ROWS, 2 * held));
    const widen = like instanceof Float64Array && !(this.#data instanceof Float64Array);
    if (this.#data === null || rows > held || widen) {
      const wide = like instanceof Float64Array || this.#data instanceof Float64Array;
      const larger = wide ? new Float64Array(rows * this.#columns) : new Float32Array(rows * this.#columns);
      if (this.#data !== null) larger.set(this.#data);
      this.#data = larger;
    }
    return this.#data;
  }
}
