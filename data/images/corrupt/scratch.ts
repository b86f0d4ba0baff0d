/** Room for the values of one image, used again and again: for a large image, an array costs more to make than to fill. */
export class Scratch {
  #room = new Float64Array(0);

  /** Not cleared, and valid until the next call. */
  take(length: number): Float64Array {
    if (this.#room.length < length) this.#room = new Float64Array(length);
    return this.#room.subarray(0, length);
  }
}
