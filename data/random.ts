/**
 * Random numbers that are the same for the same seed, on every machine and in every version.
 *
 * xoshiro128** 1.1 by Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c), its state filled by
 * splitmix64 (https://prng.di.unimi.it/splitmix64.c) as its authors advise. Not for secrets.
 */

const MASK_64 = 0xffff_ffff_ffff_ffffn;
const GOLDEN_GAMMA = 0x9e37_79b9_7f4a_7c15n;

export class SeededRandom {
  private readonly state: Uint32Array;
  /** Marsaglia's method makes normal numbers in pairs; the second waits here. */
  private spareNormal: number | null = null;

  /**
   * @param seed integer, 0 to 2^32 - 1
   * @param stream integer, 0 to 2^32 - 1: a row number, say, so that each row has numbers of its own whatever
   * batch it is in
   */
  constructor(seed: number, stream = 0) {
    for (const value of [seed, stream]) {
      if (!(Number.isInteger(value) && value >= 0 && value < 2 ** 32)) {
        throw new RangeError(`${value} is no integer from 0 to 2^32 - 1`);
      }
    }
    const next = splitmix64((BigInt(seed) << 32n) | BigInt(stream));
    this.state = new Uint32Array(BigUint64Array.of(next(), next()).buffer);
  }

  /** Uniform integer, 0 to 2^32 - 1. */
  uint32(): number {
    const s = this.state;
    const [s0, s1, s2, s3] = s as unknown as [number, number, number, number];
    s[2] = s2 ^ s0;
    s[3] = s3 ^ s1;
    s[1] = s1 ^ s[2]!;
    s[0] = s0 ^ s[3]!;
    s[2] = s[2]! ^ (s1 << 9);
    s[3] = rotateLeft(s[3]!, 11);
    return Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
  }

  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    return (high * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** Uniform integer, 0 to `n - 1`; `n` from 1 to 2^32. Unbiased (rejection). */
  below(n: number): number {
    const limit = 2 ** 32 - (2 ** 32 % n);
    while (true) {
      const value = this.uint32();
      if (value < limit) return value % n;
    }
  }

  /** Normal with mean 0 and standard deviation 1, by Marsaglia's polar method (SIAM Review 6, 1964). */
  normal(): number {
    if (this.spareNormal !== null) {
      const spare = this.spareNormal;
      this.spareNormal = null;
      return spare;
    }
    while (true) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.spareNormal = y * factor;
      return x * factor;
    }
  }
}

function splitmix64(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = (state + GOLDEN_GAMMA) & MASK_64;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK_64;
    z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK_64;
    return z ^ (z >> 31n);
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
