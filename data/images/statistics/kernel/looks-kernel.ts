/** The split of `../brightness-percentiles.ts`, and the sums of the other looks, in WebAssembly (`assembly/looks.ts`). */
import { PAGE, SharedKernel, type WasmMemory } from '../../../../base/wasm/index.js';
import type { Bracket, Side, Split } from '../brightness-percentiles.js';

/** Pixels, gray, brackets, what is found, and values within the first and the second bracket. */
type Addresses = [number, number, number, number, number, number];

interface KernelExports {
  memory: WasmMemory;
  split(pixels: number, ...places: Addresses): void;
  blur(height: number, width: number, gray: number, sums: number): void;
  lowestCoefficients(picture: number, lowest: number): void;
}

/** Sums over the edges of a gray image, as Pillow's `FIND_EDGES` finds them, and over the counts of its 256 levels. */
export interface BlurSums {
  edges: number;
  squaredEdges: number;
  squaredCounts: number;
}

const PART = 2 ** 18;
/** The kernel reads and writes up to so many bytes behind the last pixel, and behind the last value. */
const BEHIND = 52;
const BYTES_OF_VALUES = 4 * PART + BEHIND;
const BRACKETS = 2;
const LOWEST = 64;

const NO_BRACKETS: [Bracket, Bracket] = [
  { from: 0, to: 0 },
  { from: 0, to: 0 },
];

const FILE = 'dist/data/images/statistics/looks.wasm';
const shared = new SharedKernel<KernelExports, LooksKernel>(FILE, (exports) => new LooksKernel(exports));

/** @throws CodedError `WEBASSEMBLY_MISSING`, `OUT_OF_MEMORY` */
export function looksKernel(): LooksKernel {
  return shared.need();
}

class LooksKernel {
  readonly #exports: KernelExports;
  readonly #brackets: Int32Array;
  /** Pixels below a bracket, and within: two for each. */
  readonly #found: Int32Array;
  readonly #rgb: Uint8Array;
  readonly #gray: Uint8Array;
  readonly #lowest: Float64Array;
  /** Values within, one place for each bracket. */
  readonly #within: readonly [Uint32Array, Uint32Array];

  constructor(exports: KernelExports) {
    const { memory } = exports;
    this.#exports = exports;
    const lowest = memory.buffer.byteLength;
    const brackets = lowest + 8 * LOWEST;
    const found = brackets + 8 * BRACKETS;
    const within = found + 8 * BRACKETS;
    const rgb = within + BRACKETS * BYTES_OF_VALUES;
    const gray = rgb + 3 * PART + BEHIND;
    memory.grow(Math.ceil((gray + PART + BEHIND - lowest) / PAGE));
    const { buffer } = memory;
    this.#lowest = new Float64Array(buffer, lowest, LOWEST);
    this.#brackets = new Int32Array(buffer, brackets, 2 * BRACKETS);
    this.#found = new Int32Array(buffer, found, 2 * BRACKETS);
    this.#within = [new Uint32Array(buffer, within, PART), new Uint32Array(buffer, within + BYTES_OF_VALUES, PART)];
    this.#rgb = new Uint8Array(buffer, rgb, 3 * PART);
    this.#gray = new Uint8Array(buffer, gray, PART);
  }

  /** @param rgb `[pixels, 3]` @returns arrays that are valid until the next call */
  split(rgb: Uint8Array, brackets: readonly [Bracket, Bracket]): Split {
    this.#brackets.set(brackets.flatMap(({ from, to }) => [from, to]));
    return rgb.length <= 3 * PART ? this.#splitAtOnce(rgb) : this.#splitInParts(rgb);
  }

  /** @param rgb `[height, width, 3]`, at most 64 × 64 pixels */
  blurSums(rgb: Uint8Array, height: number, width: number): BlurSums {
    this.split(rgb, NO_BRACKETS);
    this.#exports.blur(height, width, this.#gray.byteOffset, this.#found.byteOffset);
    const [edges, squaredEdges, squaredCounts] = this.#found as unknown as [number, number, number];
    return { edges, squaredEdges, squaredCounts };
  }

  /** To the last bit SciPy's, of a gray `[32, 32]`: `[8, 8]`, vertical ones first, valid until the next call. */
  lowestCoefficients(picture: Uint8Array): Float64Array {
    this.#gray.set(picture);
    this.#exports.lowestCoefficients(this.#gray.byteOffset, this.#lowest.byteOffset);
    return this.#lowest;
  }

  /** Its result lies in the kernel's memory. */
  #splitAtOnce(rgb: Uint8Array): Split {
    const pixels = rgb.length / 3;
    this.#rgb.set(rgb);
    this.#splitPart(pixels);
    return { gray: this.#gray.subarray(0, pixels), sides: [this.#side(0), this.#side(1)] };
  }

  #splitInParts(rgb: Uint8Array): Split {
    const gray = new Uint8Array(rgb.length / 3);
    const parts: [Side[], Side[]] = [[], []];
    for (let first = 0; first < gray.length; first += PART) {
      const pixels = Math.min(PART, gray.length - first);
      this.#rgb.set(rgb.subarray(3 * first, 3 * (first + pixels)));
      this.#splitPart(pixels);
      gray.set(this.#gray.subarray(0, pixels), first);
      for (const [i, sides] of parts.entries()) sides.push(copyOf(this.#side(i as 0 | 1)));
    }
    return { gray, sides: [joined(parts[0]), joined(parts[1])] };
  }

  #splitPart(pixels: number): void {
    const [first, second] = this.#within;
    const places = [this.#rgb, this.#gray, this.#brackets, this.#found, first, second] as const;
    this.#exports.split(pixels, ...(places.map((place) => place.byteOffset) as Addresses));
  }

  #side(bracket: 0 | 1): Side {
    return {
      below: this.#found[2 * bracket]!,
      within: this.#within[bracket].subarray(0, this.#found[2 * bracket + 1]!),
    };
  }
}

function copyOf({ below, within }: Side): Side {
  return { below, within: within.slice() };
}

function joined(parts: readonly Side[]): Side {
  const within = new Uint32Array(parts.reduce((values, part) => values + part.within.length, 0));
  let [below, at] = [0, 0];
  for (const part of parts) {
    below += part.below;
    within.set(part.within, at);
    at += part.within.length;
  }
  return { below, within };
}
