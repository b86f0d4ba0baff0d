/**
 * The counts of `../pixel-counts.ts` by the WebAssembly kernel (`assembly/looks.ts`), which is read from beside this code
 * and compiled once, when first asked for.
 */
import { KernelFile, PAGE, type WasmMemory } from '../../../../wasm/index.js';
import { COARSE, FINE, type PixelCounts } from '../pixel-counts.js';

interface KernelExports {
  memory: WasmMemory;
  count(pixels: number, rgb: number, gray: number, bins: number, fine: number, counts: number): void;
}

/** Pixels that are copied into the kernel's memory at once. */
const PART = 2 ** 16;
/** The kernel reads and writes up to so many bytes behind the last pixel. */
const BEHIND = 48;
/** Coarse bins that are counted finely at once. */
const MOST_BINS = 4;

const kernelFile = new KernelFile<KernelExports>(new URL('../looks.wasm', import.meta.url));
/** `null`: not available here; `undefined`: not tried yet. */
let kernel: LooksKernel | null | undefined;

/** @returns null where the runtime has no WebAssembly SIMD; plain loops do the same work */
export function looksKernel(): LooksKernel | null {
  if (kernel === undefined) {
    const exports = kernelFile.instantiate();
    kernel = exports && new LooksKernel(exports);
  }
  return kernel;
}

export class LooksKernel {
  readonly #exports: KernelExports;
  readonly #bins: number;
  readonly #counts: number;
  readonly #rgb: number;
  readonly #gray: number;

  constructor(exports: KernelExports) {
    const { memory } = exports;
    this.#exports = exports;
    // An address of 0 means none.
    this.#bins = memory.buffer.byteLength + 16;
    this.#counts = this.#bins + 4 * MOST_BINS;
    this.#rgb = this.#counts + 4 * Math.max(COARSE, MOST_BINS * FINE);
    this.#gray = this.#rgb + 3 * PART + BEHIND;
    memory.grow(Math.ceil((this.#gray + PART + BEHIND - memory.buffer.byteLength) / PAGE));
  }

  counts(rgb: Uint8Array): PixelCounts {
    const gray = new Uint8Array(rgb.length / 3);
    const coarse = this.#cleared(COARSE);
    const grays = new Uint8Array(this.#exports.memory.buffer, this.#gray, PART);
    this.#inParts(rgb, this.#gray, 0, (first, pixels) => gray.set(grays.subarray(0, pixels), first));
    return { gray, coarse: coarse.slice() };
  }

  /** @param bins at most 4 @returns `[bins, FINE]`, valid until the next call */
  fineCounts(rgb: Uint8Array, bins: readonly number[]): Uint32Array {
    const fine = this.#cleared(bins.length * FINE);
    new Int32Array(this.#exports.memory.buffer, this.#bins, MOST_BINS).set(bins);
    this.#inParts(rgb, 0, bins.length, () => {});
    return fine;
  }

  #cleared(length: number): Uint32Array {
    return new Uint32Array(this.#exports.memory.buffer, this.#counts, length).fill(0);
  }

  #inParts(rgb: Uint8Array, gray: number, fine: number, done: (first: number, pixels: number) => void): void {
    const part = new Uint8Array(this.#exports.memory.buffer, this.#rgb, 3 * PART);
    const all = rgb.length / 3;
    for (let first = 0; first < all; first += PART) {
      const pixels = Math.min(PART, all - first);
      part.set(rgb.subarray(3 * first, 3 * (first + pixels)));
      this.#exports.count(pixels, this.#rgb, gray, this.#bins, fine, this.#counts);
      done(first, pixels);
    }
  }
}
