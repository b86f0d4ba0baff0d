/** The WebAssembly kernel for sums over the pairs of chosen rows (`assembly/pairs.ts`), and its memory. */
import { reserve, roundUp, SharedKernel, type WasmMemory } from '../../../base/wasm/index.js';

interface KernelExports {
  memory: WasmMemory;
  pairs(values: number, rows: number, masks: number, choices: number, sums: number): void;
  toChosen(values: number, rows: number, mask: number, sums: number): void;
}

/** Values and sums begin at a multiple of the bytes of a vector. */
const ALIGNMENT = 16;

const FILE = new URL('../pairs.wasm', import.meta.url);

/** Values of the pairs of some rows: `[rows · (rows − 1) / 2]`, of each row with those before it, 0 to 2^24. */
type PairValues = Int32Array;

export class PairSums {
  static readonly #shared = new SharedKernel<KernelExports, PairSums>(FILE, (exports) => new PairSums(exports));

  /** Null if the processor or the runtime has no WebAssembly SIMD; plain loops then do the same work. */
  static get(): PairSums | null {
    return PairSums.#shared.get();
  }

  readonly #exports: KernelExports;
  /** Where the memory that the module does not use begins. */
  readonly #start: number;
  /**
   * The number that values got when they were copied to the memory. It keeps nothing alive, unlike a WeakRef, which does so until
   * the caller awaits something: hundreds of windows are compared before that.
   */
  readonly #numbers = new WeakMap<readonly PairValues[], number>();
  /** The number of the values that are in the memory now. */
  #loaded = 0;
  /** Where the values of each begin. */
  #places: number[] = [];
  #end = 0;

  private constructor(exports: KernelExports) {
    this.#exports = exports;
    this.#start = exports.memory.buffer.byteLength;
  }

  /**
   * Sums over the pairs of chosen rows, each pair once, for several choices at a time.
   *
   * @param all of which one matrix after the other is asked for, choice after choice: it is copied once
   * @param at which one of them
   * @param masks `[choices, rows]`: −1 for chosen rows, 0 for others
   */
  of(all: readonly PairValues[], at: number, masks: Int32Array, choices: number): number[] {
    const { masksAt, sumsAt } = this.#load(all, masks, choices);
    const { memory, pairs } = this.#exports;
    pairs(this.#places[at]!, masks.length / choices, masksAt, choices, sumsAt);
    return Array.from(new BigInt64Array(memory.buffer, sumsAt, choices), Number);
  }

  /** Sums of each row's values with all chosen rows, but for itself. */
  toChosen(all: readonly PairValues[], at: number, mask: Int32Array): Float64Array {
    const rows = mask.length;
    const { masksAt, sumsAt } = this.#load(all, mask, rows);
    const { memory, toChosen } = this.#exports;
    toChosen(this.#places[at]!, rows, masksAt, sumsAt);
    return new Float64Array(memory.buffer, sumsAt, rows).slice();
  }

  /** @returns where the masks are, and room for so many sums */
  #load(all: readonly PairValues[], masks: Int32Array, sums: number): { masksAt: number; sumsAt: number } {
    if (this.#numbers.get(all) !== this.#loaded) this.#loadValues(all);
    const masksAt = this.#end;
    const sumsAt = roundUp(masksAt + masks.byteLength, ALIGNMENT);
    const { memory } = this.#exports;
    reserve(memory, sumsAt + 8 * sums);
    new Int32Array(memory.buffer, masksAt, masks.length).set(masks);
    return { masksAt, sumsAt };
  }

  #loadValues(all: readonly PairValues[]): void {
    this.#end = this.#start;
    this.#places = all.map(({ byteLength }) => {
      const place = this.#end;
      this.#end = roundUp(place + byteLength, ALIGNMENT);
      return place;
    });
    const { memory } = this.#exports;
    reserve(memory, this.#end);
    for (const [i, values] of all.entries()) {
      new Int32Array(memory.buffer, this.#places[i]!, values.length).set(values);
    }
    this.#numbers.set(all, ++this.#loaded);
  }
}
