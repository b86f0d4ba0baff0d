export class ByteStream {
  readonly #iterator: AsyncIterator<Uint8Array>;
  /** What has come but has not been asked for yet. */
  #rest: Uint8Array = new Uint8Array(0);

  /** @param chunks each needs to be valid only until the next is asked for */
  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#iterator = chunks[Symbol.asyncIterator]();
  }

  /** Fills `target` from its start; returns the bytes written, fewer than its length only at the stream's end. */
  async readInto(target: Uint8Array): Promise<number> {
    let done = 0;
    while (done < target.length) {
      if (this.#rest.length === 0 && !(await this.#pull())) break;
      const part = this.#rest.subarray(0, target.length - done);
      target.set(part, done);
      done += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return done;
  }

  /** Drops bytes; returns how many, fewer than asked for only at the stream's end. */
  async skip(bytes: number): Promise<number> {
    let done = 0;
    while (done < bytes) {
      if (this.#rest.length === 0 && !(await this.#pull())) break;
      const part = Math.min(this.#rest.length, bytes - done);
      done += part;
      this.#rest = this.#rest.subarray(part);
    }
    return done;
  }

  /** Whether no byte is left. Asking for it makes the source check what it only can at its end (a checksum). */
  async atEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#pull());
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  async #pull(): Promise<boolean> {
    while (true) {
      const { done, value } = await this.#iterator.next();
      if (done === true) return false;
      if (value.length > 0) {
        this.#rest = value;
        return true;
      }
    }
  }
}
