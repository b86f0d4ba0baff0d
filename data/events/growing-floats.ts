/** Float32 values that are appended piece by piece, in one array that grows, and is used again when it was emptied. */

const FIRST_LENGTH = 1024;

export class GrowingFloats {
  #data = new Float32Array(0);
  #length = 0;

  /** Room behind the values so far, to be filled by the caller at once. */
  append(count: number): Float32Array {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#data.length) {
      const grown = new Float32Array(Math.max(this.#length, 2 * this.#data.length, FIRST_LENGTH));
      grown.set(this.#data.subarray(0, start));
      this.#data = grown;
    }
    return this.#data.subarray(start, this.#length);
  }

  /** All values, valid until the next `append`. */
  get values(): Float32Array {
    return this.#data.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }
}
