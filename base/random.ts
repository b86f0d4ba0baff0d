/**
 * The package's random numbers: the same seed gives the same numbers on every machine and in every version.
 *
 * Not for secrets. Generator: xoshiro128** 1.1; seeding: splitmix64, as its authors recommend (D. Blackman and S.
 * Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47, 2021; reference code, public domain:
 * https://prng.di.unimi.it/xoshiro128starstar.c and splitmix64.c).
 */
import { CodedError } from './coded-error.js';
import { log } from './math/index.js';

/** The error for a seed that cannot start a generator. */
export class RandomError extends CodedError {
  override readonly name = 'RandomError';
}

const MASK_64 = (1n << 64n) - 1n;
const TWO_POW_32 = 2 ** 32;

function mix64(value: bigint): bigint {
  let z = value & MASK_64;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
  return z ^ (z >> 31n);
}

/** Successive outputs of splitmix64 from a 64-bit start. */
export function splitmix64(start: bigint): () => bigint {
  let state = start & MASK_64;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK_64;
    return mix64(state);
  };
}

/** @throws RandomError `SEED_NOT_AN_INTEGER` */
export function checkSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RandomError('SEED_NOT_AN_INTEGER', `seed ${seed}: a whole number from 0 to 2^53 - 1 is needed`);
  }
}

export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;
  /** Second value of the last pair made by the polar method. */
  #spareNormal: number | null = null;

  /**
   * @param seed whole number from 0 to 2^53 - 1
   * @throws RandomError `SEED_NOT_AN_INTEGER`
   */
  constructor(seed: number) {
    checkSeed(seed);
    this.#start(BigInt(seed));
  }

  /**
   * Stream `index` of a seed. Each restart, resample or worker draws from a stream of its own, so the result does not
   * depend on their order. Streams are unrelated to each other and to `new Random(seed)` (hashed, not jumped).
   */
  static stream(seed: number, index: number): Random {
    const random = new Random(seed);
    random.#start(mix64(mix64(BigInt(seed) + 1n) + BigInt(index) + 1n));
    return random;
  }

  /** A generator with the given state of four 32-bit words, not all zero. For comparison with the reference code. */
  static fromState(a: number, b: number, c: number, d: number): Random {
    const random = new Random(0);
    [random.#a, random.#b, random.#c, random.#d] = [a, b, c, d];
    return random;
  }

  /** Whole number, uniform on 0 … 2^32 - 1. */
  uint32(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Uniform on [0, 1), a multiple of 2^-53. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Whole number, uniform on 0 … n - 1 without bias (rejection); n from 1 to 2^32. */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_POW_32) throw new RangeError(`below(${n}): 1 to 2^32 is possible`);
    let drawn = this.uint32();
    // The limit is above 2^32 - n, so it is seldom asked for; its division takes longer than all the rest.
    if (drawn >= TWO_POW_32 - n) {
      const limit = TWO_POW_32 - (TWO_POW_32 % n);
      while (drawn >= limit) drawn = this.uint32();
    }
    return drawn % n;
  }

  /** Standard normal, by Marsaglia's polar method (SIAM Review 6, 1964). */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    let x = 0;
    let y = 0;
    let square = 0;
    do {
      x = 2 * this.uniform() - 1;
      y = 2 * this.uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt((-2 * log(square)) / square);
    this.#spareNormal = y * scale;
    return x * scale;
  }

  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }

  /** `count` different whole numbers below `n`, in random order, every choice equally likely. */
  sample(n: number, count: number): Uint32Array {
    if (count > n) throw new RangeError(`sample(${n}, ${count}): no more than ${n} different numbers are possible`);
    const all = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < count; i++) {
      const j = i + this.below(n - i);
      const kept = all[i]!;
      all[i] = all[j]!;
      all[j] = kept;
    }
    return all.slice(0, count);
  }

  #start(from: bigint): void {
    const next = splitmix64(from);
    const first = next();
    const second = next();
    this.#a = Number(first & 0xffffffffn) | 0;
    this.#b = Number(first >> 32n) | 0;
    this.#c = Number(second & 0xffffffffn) | 0;
    this.#d = Number(second >> 32n) | 0;
  }
}
