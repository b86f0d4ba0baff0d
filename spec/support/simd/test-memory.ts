/** A `SharedMemory` over a plain ArrayBuffer. Addresses are never reused, and new memory is never zero. */
import { ALIGNMENT } from '../../../engine/backends/simd/abi/layout.js';
import type { SharedMemory } from '../../../engine/backends/simd/memory/kernel-memory.js';

/** Every float32 of these bytes is NaN, so reading before writing shows. */
const GARBAGE = 0xff;

export class TestMemory implements SharedMemory {
  #buffer = new ArrayBuffer(1 << 20);
  #top = ALIGNMENT;
  readonly #live = new Map<number, number>();

  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  /** Bytes allocated and not freed. */
  get liveBytes(): number {
    return [...this.#live.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  allocate(bytes: number): number {
    const address = this.#top;
    this.#top = Math.ceil((address + bytes) / ALIGNMENT) * ALIGNMENT;
    if (this.#top > this.#buffer.byteLength) {
      const old = new Uint8Array(this.#buffer);
      this.#buffer = new ArrayBuffer(Math.max(this.#top, 2 * old.length));
      new Uint8Array(this.#buffer).set(old);
    }
    new Uint8Array(this.#buffer, address, bytes).fill(GARBAGE);
    this.#live.set(address, bytes);
    return address;
  }

  free(address: number): void {
    if (!this.#live.delete(address)) throw new Error(`Nothing is allocated at ${address}.`);
  }
}
