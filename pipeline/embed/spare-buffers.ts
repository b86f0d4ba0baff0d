/**
 * Buffers of batches that are done, for the next ones. A new buffer for each batch would be left to the garbage collector, which
 * looks at everything that lives before it frees one.
 */

/** More are never under way. */
const MOST = 16;

export class SpareBuffers {
  #spare: Uint8Array[] = [];

  /** What is in it is not defined. */
  take(bytes: number): Uint8Array {
    const found = this.#spare.pop();
    return found?.byteLength === bytes ? found : new Uint8Array(bytes);
  }

  give(buffer: Uint8Array): void {
    if (this.#spare.length < MOST) this.#spare.push(buffer);
  }
}
