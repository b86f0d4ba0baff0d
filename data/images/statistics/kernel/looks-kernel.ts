/** What `../brightness-percentiles.ts` asks of pixels, and the other looks, in WebAssembly (`assembly/looks.ts`). */
import { type Bytes, bytesOf } from '#platform';
import { PAGE, SharedKernel, type WasmMemory } from '../../../../base/wasm/index.js';
import type { Bracket, PixelKernel, Ranked, Side, Split } from '../brightness-percentiles.js';

/** Pixels, gray, brackets, what is found, and values within the first and the second bracket. */
type Addresses = [number, number, number, number, number, number];

interface KernelExports {
  memory: WasmMemory;
  brighten(pixels: number, rgb: number, gray: number, values: number): void;
  split(pixels: number, ...places: Addresses): void;
  ofRanks(pixels: number, values: number, count: number, ranks: number, room: number, found: number): void;
  blur(height: number, width: number, gray: number, sums: number): void;
  partLevels(picture: number, levels: number): void;
  describe(picture: number, text: number): void;
}

/** Sums over the edges of a gray image, as Pillow's `FIND_EDGES` finds them, and over the counts of its 256 levels. */
export interface BlurSums {
  edges: number;
  squaredEdges: number;
  squaredCounts: number;
}

const PART = 2 ** 18;
/** The kernel reads and writes up to so many bytes behind the last pixel, and behind the last value. */
const BEHIND = 64;
const BYTES_OF_VALUES = 4 * PART + BEHIND;
/** Two brackets, or two values of each of four ranks. */
const NUMBERS = 8;
const HASH_DIGITS = 16;
const PARTS = 64;
const DIGITS = HASH_DIGITS + 2 * PARTS;

const FILE = 'dist/data/images/statistics/looks.wasm';
const shared = new SharedKernel<KernelExports, LooksKernel>(FILE, (exports) => new LooksKernel(exports));

/** @throws CodedError `WEBASSEMBLY_MISSING`, `OUT_OF_MEMORY` */
export function looksKernel(): LooksKernel {
  return shared.need();
}

class LooksKernel implements PixelKernel {
  readonly #exports: KernelExports;
  /** Two brackets, or ranks. */
  readonly #asked: Int32Array;
  readonly #found: Int32Array;
  readonly #rgb: Uint8Array;
  readonly #gray: Uint8Array;
  /** Values within, one place for each bracket. */
  readonly #within: readonly [Uint32Array, Uint32Array];
  /** Levels of parts, or digits. */
  readonly #text: Bytes;

  constructor(exports: KernelExports) {
    const { memory } = exports;
    this.#exports = exports;
    const asked = memory.buffer.byteLength;
    const found = asked + 4 * NUMBERS;
    const text = found + 4 * NUMBERS;
    const within = text + DIGITS + BEHIND;
    const rgb = within + 2 * BYTES_OF_VALUES;
    const gray = rgb + 3 * PART + BEHIND;
    memory.grow(Math.ceil((gray + PART + BEHIND - asked) / PAGE));
    const { buffer } = memory;
    this.#asked = new Int32Array(buffer, asked, NUMBERS);
    this.#found = new Int32Array(buffer, found, NUMBERS);
    this.#text = bytesOf(new Uint8Array(buffer, text, DIGITS));
    this.#within = [new Uint32Array(buffer, within, PART), new Uint32Array(buffer, within + BYTES_OF_VALUES, PART)];
    this.#rgb = new Uint8Array(buffer, rgb, 3 * PART);
    this.#gray = new Uint8Array(buffer, gray, PART);
  }

  split(rgb: Uint8Array, [a, b]: readonly [Bracket, Bracket]): Split {
    this.#asked.set([a.from, a.to, b.from, b.to]);
    return rgb.length <= 3 * PART ? this.#splitAtOnce(rgb) : this.#splitInParts(rgb);
  }

  /** Its result lies in the kernel's memory. */
  ranked(rgb: Uint8Array, ranks: readonly number[]): Ranked {
    const gray = this.gray(rgb);
    this.#asked.set(ranks);
    const [values, room] = this.#within;
    const [at, found] = [this.#asked.byteOffset, this.#found.byteOffset];
    this.#exports.ofRanks(gray.length, values.byteOffset, ranks.length, at, room.byteOffset, found);
    return { gray, values: this.#found };
  }

  /** @param rgb `[pixels, 3]`, of few pixels @returns `[pixels]`, valid until the next call */
  gray(rgb: Uint8Array): Uint8Array {
    const pixels = rgb.length / 3;
    this.#rgb.set(rgb);
    this.#exports.brighten(pixels, this.#rgb.byteOffset, this.#gray.byteOffset, this.#within[0].byteOffset);
    return this.#gray.subarray(0, pixels);
  }

  /** @param gray `[height, width]`, at most 64 × 64 pixels; also what a call gave */
  blurSums(gray: Uint8Array, height: number, width: number): BlurSums {
    this.#gray.set(gray);
    this.#exports.blur(height, width, this.#gray.byteOffset, this.#found.byteOffset);
    const [edges, squaredEdges, squaredCounts] = this.#found as unknown as [number, number, number];
    return { edges, squaredEdges, squaredCounts };
  }

  /** Valid until the next call. @param picture gray, `[32, 32]` */
  partLevels(picture: Uint8Array): Uint8Array {
    this.#gray.set(picture);
    this.#exports.partLevels(this.#gray.byteOffset, this.#text.byteOffset);
    return this.#text.subarray(0, PARTS);
  }

  /** @param picture gray, `[32, 32]`; also what a call gave */
  describe(picture: Uint8Array): { phash: string; grid: string } {
    this.#gray.set(picture);
    this.#exports.describe(this.#gray.byteOffset, this.#text.byteOffset);
    const text = this.#text.toString('latin1');
    return { phash: text.slice(0, HASH_DIGITS), grid: text.slice(HASH_DIGITS) };
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
    const [rgb, gray, brackets, found] = [this.#rgb, this.#gray, this.#asked, this.#found];
    const places = [rgb, gray, brackets, found, first, second].map((place) => place.byteOffset);
    this.#exports.split(pixels, ...(places as Addresses));
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
