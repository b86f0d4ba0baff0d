/** What is said of a gray picture in hexadecimal: its perceptual hash, and how bright its parts are. */
import { lowestCoefficients } from './dct';

const PICTURE: usize = 32;
const COEFFICIENTS: i32 = 64;
/** Bytes of a hash. */
const HASH: usize = 8;
const PARTS: usize = 64;

const LOWEST = memory.data(COEFFICIENTS * 8, 16);
/** A hash and the levels of all parts, and room up to a whole vector. */
const BYTES = memory.data(80, 16);

/** How many of the coefficients are less. */
function less(value: f64): i32 {
  let counts = i64x2.splat(0);
  for (let at = LOWEST; at < LOWEST + ((<usize>COEFFICIENTS) << 3); at += 16) {
    counts = i64x2.sub(counts, f64x2.lt(v128.load(at), f64x2.splat(value)));
  }
  return <i32>(i64x2.extract_lane(counts, 0) + i64x2.extract_lane(counts, 1));
}

/** The mean of the two in the middle: each is the largest that has no more smaller ones than its rank. */
function median(): f64 {
  let low = -Infinity;
  let high = -Infinity;
  for (let i: usize = 0; i < <usize>COEFFICIENTS; i++) {
    const value = load<f64>(LOWEST + (i << 3));
    const smaller = less(value);
    if (smaller < COEFFICIENTS / 2) low = max(low, value);
    if (smaller <= COEFFICIENTS / 2) high = max(high, value);
  }
  return (low + high) / 2;
}

/** Whether each of the lowest coefficients is above their median, from the highest bit of the first byte on. */
function hash(picture: usize, to: usize): void {
  lowestCoefficients(picture, LOWEST);
  const middle = median();
  for (let byte: usize = 0; byte < HASH; byte++) {
    let bits = 0;
    for (let bit: usize = 0; bit < 8; bit++) {
      bits = 2 * bits + <i32>(load<f64>(LOWEST + ((8 * byte + bit) << 3)) > middle);
    }
    store<u8>(to + byte, bits);
  }
}

/**
 * How bright each of 8 × 8 parts is, rounded: 64 bytes, row by row.
 * @param picture gray, `[32, 32]`
 */
export function partLevels(picture: usize, levels: usize): void {
  for (let part: usize = 0; part < PARTS; part += 4, levels += 4) {
    let at = picture + (part >> 3) * 4 * PICTURE + (part & 7) * 4;
    let sums = i16x8.splat(0);
    for (let y = 0; y < 4; y++, at += PICTURE) sums = i16x8.add(sums, i16x8.extadd_pairwise_i8x16_u(v128.load(at)));
    const means = i32x4.shr_u(i32x4.add(i32x4.extadd_pairwise_i16x8_u(sums), i32x4.splat(8)), 4);
    const words = i16x8.narrow_i32x4_u(means, means);
    v128.store32_lane(levels, i8x16.narrow_i16x8_u(words, words), 0);
  }
}

/**
 * 16 hexadecimal digits of the hash and 128 of the parts; writes up to 16 more.
 * @param picture gray, `[32, 32]` @param text ASCII
 */
export function describe(picture: usize, text: usize): void {
  hash(picture, BYTES);
  partLevels(picture, BYTES + HASH);
  const digits = i8x16(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102);
  for (let at = BYTES; at < BYTES + HASH + PARTS; at += 16, text += 32) {
    const bytes = v128.load(at);
    const high = i8x16.shr_u(bytes, 4);
    const low = v128.and(bytes, i8x16.splat(15));
    const first = i8x16.shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const second = i8x16.shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    v128.store(text, i8x16.swizzle(digits, first));
    v128.store(text, i8x16.swizzle(digits, second), 16);
  }
}
