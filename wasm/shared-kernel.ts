/** The one instance of a kernel in a thread, made when it is first asked for. */
import { KernelFile } from './kernel-file.js';

export class SharedKernel<Exports, Kernel extends object> {
  readonly #file: KernelFile<Exports>;
  readonly #make: (exports: Exports) => Kernel;
  /** `null`: not available here; `undefined`: not tried yet, or let go. */
  #kernel: Kernel | null | undefined;

  /** Reads nothing yet. @param make what callers use, of what the module exports */
  constructor(file: URL, make: (exports: Exports) => Kernel) {
    this.#file = new KernelFile(file);
    this.#make = make;
  }

  /**
   * Null where the processor or the runtime has no WebAssembly SIMD, or the system no room for another memory (`ulimit -v`);
   * plain loops then do the same work.
   */
  get(): Kernel | null {
    if (this.#kernel === undefined) this.#kernel = this.#tryToMake();
    return this.#kernel;
  }

  #tryToMake(): Kernel | null {
    try {
      const exports = this.#file.instantiate();
      return exports && this.#make(exports);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  /** Lets the instance go, with its memory, which cannot shrink. The next call of `get` makes another. */
  letGo(): void {
    this.#kernel = undefined;
  }
}
