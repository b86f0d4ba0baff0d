/**
 * The counts of `../pixel-counts.ts` by the WebAssembly kernel (`assembly/looks.ts`), which is read from beside this code
 * and compiled once, when first asked for.
 */
import { KernelFile, PAGE, type WasmMemory } from '../../../../wasm/index.js';
import { COARSE, FINE, type PixelCounts } from '../pixel-counts.js';

interface KernelExports {
  memory: WasmMemory;
  count(pixels: number, rgb: number, gray: number, ranges: number, bins: number, fine: number, counts: number): void;
}

/** Pixels that are copied into the kernel's memory at once. */
const PART = 2 ** 16;
/** Pixels that share a range of bins. */
const BLOCK = 16;
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
  readonly #ranges: number;

  constructor(exports: KernelExports) {
    const { memory } = exports;
    this.#exports = exports;
    // An address of 0 means none.
    this.#bins = memory.buffer.byteLength + 16;
    this.#counts = this.#bins + 4 * MOST_BINS;
    this.#rgb = this.#counts + 4 * Math.max(COARSE, MOST_BINS * FINE);
    this.#gray = this.#rgb + 3 * PART + BEHIND;
    this.#ranges = this.#gray + PART + BEHIND;
    const end = this.#ranges + (4 * PART) / BLOCK;
    memory.grow(Math.ceil((end - memory.buffer.byteLength) / PAGE));
  }

  counts(rgb: Uint8Array): PixelCounts {
    const gray = new Uint8Array(rgb.length / 3);
    const ranges = new Uint16Array(2 * Math.ceil(gray.length / BLOCK));
    const coarse = this.#cleared(COARSE);
    const grays = new Uint8Array(this.#exports.memory.buffer, this.#gray, PART);
    const part = this.#rangesOfPart();
    for (const { first, pixels, blocks } of partsOf(gray.length)) {
      this.#count(rgb, first, pixels, this.#gray, 0);
      gray.set(grays.subarray(0, pixels), first);
      ranges.set(part.subarray(0, 2 * blocks), (2 * first) / BLOCK);
    }
    return { gray, coarse: coarse.slice(), ranges };
  }

  /**
   * @param bins at most 4
   * @param ranges those that `counts` has given
   * @returns `[bins, FINE]`, valid until the next call
   */
  fineCounts(rgb: Uint8Array, bins: readonly number[], ranges: Uint16Array): Uint32Array {
    const fine = this.#cleared(bins.length * FINE);
    new Int32Array(this.#exports.memory.buffer, this.#bins, MOST_BINS).set(bins);
    const part = this.#rangesOfPart();
    for (const { first, pixels, blocks } of partsOf(rgb.length / 3)) {
      const from = (2 * first) / BLOCK;
      part.set(ranges.subarray(from, from + 2 * blocks));
      this.#count(rgb, first, pixels, 0, bins.length);
    }
    return fine;
  }

  #cleared(length: number): Uint32Array {
    return new Uint32Array(this.#exports.memory.buffer, this.#counts, length).fill(0);
  }

  #rangesOfPart(): Uint16Array {
    return new Uint16Array(this.#exports.memory.buffer, this.#ranges, (2 * PART) / BLOCK);
  }

  #count(rgb: Uint8Array, first: number, pixels: number, gray: number, fine: number): void {
    const { memory, count } = this.#exports;
    new Uint8Array(memory.buffer, this.#rgb, 3 * PART).set(rgb.subarray(3 * first, 3 * (first + pixels)));
    count(pixels, this.#rgb, gray, this.#ranges, this.#bins, fine, this.#counts);
  }
}

/** What is in the kernel's memory at once: pixels, and the blocks that they are in. */
function* partsOf(all: number): Generator<{ first: number; pixels: number; blocks: number }> {
  for (let first = 0; first < all; first += PART) {
    const pixels = Math.min(PART, all - first);
    yield { first, pixels, blocks: Math.ceil(pixels / BLOCK) };
  }
}
