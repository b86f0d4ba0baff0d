/** Memory that is freed all at once: the parameters and tables of a plan. */
import type { SharedMemory } from './plan.js';

export class MemoryRegion implements SharedMemory {
  readonly #memory: SharedMemory;
  readonly #addresses = new Set<number>();

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  get buffer(): ArrayBufferLike {
    return this.#memory.buffer;
  }

  allocate(bytes: number): number {
    const address = this.#memory.allocate(bytes);
    this.#addresses.add(address);
    return address;
  }

  free(address: number): void {
    this.#addresses.delete(address);
    this.#memory.free(address);
  }

  dispose(): void {
    for (const address of this.#addresses) this.#memory.free(address);
    this.#addresses.clear();
  }
}
