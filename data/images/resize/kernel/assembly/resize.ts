/**
 * The two passes of `../../resize.ts`, in AssemblyScript → WebAssembly SIMD, with the same bytes as a result. Addresses
 * are bytes, given by ../resize-kernel.ts. Taps come in pairs, for `i32x4.dot_i16x8_s`. A weight of 24 bits is
 * `upper · 2¹² + lower`, each of 16 bits; a pair is eight bytes: two uppers, two lowers. Sums are exact modulo 2³², as
 * Pillow's. Up to 16 bytes, and one row, beyond what has a weight above 0 are read, and make no difference.
 */

const HALF: i32 = 1 << 21;
/** Rows at once in a pass over columns. */
const ROWS: i32 = 4;

/** `upper · 2¹² + lower`, with a half added, without the 22 bits behind the point. */
function rounded(upper: v128, lower: v128): v128 {
  const sum = i32x4.add(i32x4.shl(upper, 12), i32x4.add(lower, i32x4.splat(HALF)));
  return i32x4.shr_s(sum, 22);
}

/** Red, green and blue of two pixels, each in 16 bits, side by side: `r r g g b b 0 0`. */
function pixelPair(from: usize): v128 {
  const places = i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  return i8x16.swizzle(v128.load64_zero(from), places);
}

/**
 * Mixes columns. Four bytes are written for each pixel; the fourth is overwritten by the next.
 * @param sourceRow bytes from one row to the next; `targetRow` likewise, at least 3 · `positions` + 1
 * @param pairs that a position has; `weights`: `[positions, pairs]` of eight bytes
 * @param firsts byte of a row at which a position's taps begin, int32 by position
 */
export function mixColumns(
  source: usize,
  sourceRow: usize,
  target: usize,
  targetRow: usize,
  rows: i32,
  positions: i32,
  pairs: i32,
  firsts: usize,
  weights: usize,
): void {
  for (let y = 0; y < rows; y += ROWS) {
    const a = source + <usize>y * sourceRow;
    const last = source + <usize>(rows - 1) * sourceRow;
    // Rows beyond the last are the last again, and written over it again.
    const b = min(a + sourceRow, last);
    const c = min(b + sourceRow, last);
    const d = min(c + sourceRow, last);
    let to = target + <usize>y * targetRow;
    const step1 = y + 1 < rows ? targetRow : 0;
    const step2 = y + 2 < rows ? step1 + targetRow : step1;
    const step3 = y + 3 < rows ? step2 + targetRow : step2;
    let weight = weights;
    let start = firsts;
    for (let x = 0; x < positions; x++, to += 3, start += 4) {
      const first = <usize>load<i32>(start);
      let upperA = i32x4.splat(0);
      let upperB = upperA;
      let upperC = upperA;
      let upperD = upperA;
      let lowerA = upperA;
      let lowerB = upperA;
      let lowerC = upperA;
      let lowerD = upperA;
      let at = first;
      for (let pair = 0; pair < pairs; pair++, at += 6, weight += 8) {
        const upper = v128.load32_splat(weight);
        const lower = v128.load32_splat(weight, 4);
        const pixelsA = pixelPair(a + at);
        upperA = i32x4.add(upperA, i32x4.dot_i16x8_s(pixelsA, upper));
        lowerA = i32x4.add(lowerA, i32x4.dot_i16x8_s(pixelsA, lower));
        const pixelsB = pixelPair(b + at);
        upperB = i32x4.add(upperB, i32x4.dot_i16x8_s(pixelsB, upper));
        lowerB = i32x4.add(lowerB, i32x4.dot_i16x8_s(pixelsB, lower));
        const pixelsC = pixelPair(c + at);
        upperC = i32x4.add(upperC, i32x4.dot_i16x8_s(pixelsC, upper));
        lowerC = i32x4.add(lowerC, i32x4.dot_i16x8_s(pixelsC, lower));
        const pixelsD = pixelPair(d + at);
        upperD = i32x4.add(upperD, i32x4.dot_i16x8_s(pixelsD, upper));
        lowerD = i32x4.add(lowerD, i32x4.dot_i16x8_s(pixelsD, lower));
      }
      const ab = i16x8.narrow_i32x4_s(rounded(upperA, lowerA), rounded(upperB, lowerB));
      const cd = i16x8.narrow_i32x4_s(rounded(upperC, lowerC), rounded(upperD, lowerD));
      const bytes = i8x16.narrow_i16x8_u(ab, cd);
      v128.store32_lane(to, bytes, 0);
      v128.store32_lane(to + step1, bytes, 1);
      v128.store32_lane(to + step2, bytes, 2);
      v128.store32_lane(to + step3, bytes, 3);
    }
  }
}

/** Sums of four rows, each of four partial sums, as one vector. */
function horizontal(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(i32x4.shuffle(a, b, 0, 4, 2, 6), i32x4.shuffle(a, b, 1, 5, 3, 7));
  const cd = i32x4.add(i32x4.shuffle(c, d, 0, 4, 2, 6), i32x4.shuffle(c, d, 1, 5, 3, 7));
  return i32x4.add(i32x4.shuffle(ab, cd, 0, 1, 4, 5), i32x4.shuffle(ab, cd, 2, 3, 6, 7));
}

/**
 * Mixes columns of a gray image, eight at once. Parameters as of `mixColumns`, but:
 * @param targetRow at least `positions`; `pairs`: a multiple of four
 */
export function mixGrayColumns(
  source: usize,
  sourceRow: usize,
  target: usize,
  targetRow: usize,
  rows: i32,
  positions: i32,
  pairs: i32,
  firsts: usize,
  weights: usize,
): void {
  for (let y = 0; y < rows; y += ROWS) {
    const a = source + <usize>y * sourceRow;
    const last = source + <usize>(rows - 1) * sourceRow;
    // Rows beyond the last are the last again, and written over it again.
    const b = min(a + sourceRow, last);
    const c = min(b + sourceRow, last);
    const d = min(c + sourceRow, last);
    let to = target + <usize>y * targetRow;
    const step1 = y + 1 < rows ? targetRow : 0;
    const step2 = y + 2 < rows ? step1 + targetRow : step1;
    const step3 = y + 3 < rows ? step2 + targetRow : step2;
    let weight = weights;
    let start = firsts;
    for (let x = 0; x < positions; x++, to++, start += 4) {
      let upperA = i32x4.splat(0);
      let upperB = upperA;
      let upperC = upperA;
      let upperD = upperA;
      let lowerA = upperA;
      let lowerB = upperA;
      let lowerC = upperA;
      let lowerD = upperA;
      let at = <usize>load<i32>(start);
      for (let pair = 0; pair < pairs; pair += 4, at += 8, weight += 32) {
        const first = v128.load(weight);
        const second = v128.load(weight, 16);
        const upper = i32x4.shuffle(first, second, 0, 2, 4, 6);
        const lower = i32x4.shuffle(first, second, 1, 3, 5, 7);
        const pixelsA = v128.load8x8_u(a + at);
        upperA = i32x4.add(upperA, i32x4.dot_i16x8_s(pixelsA, upper));
        lowerA = i32x4.add(lowerA, i32x4.dot_i16x8_s(pixelsA, lower));
        const pixelsB = v128.load8x8_u(b + at);
        upperB = i32x4.add(upperB, i32x4.dot_i16x8_s(pixelsB, upper));
        lowerB = i32x4.add(lowerB, i32x4.dot_i16x8_s(pixelsB, lower));
        const pixelsC = v128.load8x8_u(c + at);
        upperC = i32x4.add(upperC, i32x4.dot_i16x8_s(pixelsC, upper));
        lowerC = i32x4.add(lowerC, i32x4.dot_i16x8_s(pixelsC, lower));
        const pixelsD = v128.load8x8_u(d + at);
        upperD = i32x4.add(upperD, i32x4.dot_i16x8_s(pixelsD, upper));
        lowerD = i32x4.add(lowerD, i32x4.dot_i16x8_s(pixelsD, lower));
      }
      const mixed = rounded(horizontal(upperA, upperB, upperC, upperD), horizontal(lowerA, lowerB, lowerC, lowerD));
      const halves = i16x8.narrow_i32x4_s(mixed, mixed);
      const bytes = i8x16.narrow_i16x8_u(halves, halves);
      v128.store8_lane(to, bytes, 0);
      v128.store8_lane(to + step1, bytes, 1);
      v128.store8_lane(to + step2, bytes, 2);
      v128.store8_lane(to + step3, bytes, 3);
    }
  }
}

/**
 * Mixes rows, 16 bytes at once: of a row of the result, up to 15 bytes more than it has are written.
 * Parameters as of `mixColumns`, but:
 * @param targetRow at least `bytes`, what a row has, rounded up to 16
 * @param firsts row at which a position's taps begin, int32 by position
 */
export function mixRows(
  source: usize,
  sourceRow: usize,
  target: usize,
  targetRow: usize,
  bytes: usize,
  positions: i32,
  pairs: i32,
  firsts: usize,
  weights: usize,
): void {
  for (let y = 0; y < positions; y++) {
    const first = source + <usize>load<i32>(firsts + ((<usize>y) << 2)) * sourceRow;
    const to = target + <usize>y * targetRow;
    const positionWeights = weights + ((<usize>(y * pairs)) << 3);
    for (let x: usize = 0; x < bytes; x += 16) {
      let upper0 = i32x4.splat(0);
      let upper1 = upper0;
      let upper2 = upper0;
      let upper3 = upper0;
      let lower0 = upper0;
      let lower1 = upper0;
      let lower2 = upper0;
      let lower3 = upper0;
      let at = first + x;
      let weight = positionWeights;
      for (let pair = 0; pair < pairs; pair++, at += sourceRow << 1, weight += 8) {
        const upper = v128.load32_splat(weight);
        const lower = v128.load32_splat(weight, 4);
        const even = v128.load(at);
        const odd = v128.load(at + sourceRow);
        const low = i8x16.shuffle(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const high = i8x16.shuffle(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        const values0 = i16x8.extend_low_i8x16_u(low);
        upper0 = i32x4.add(upper0, i32x4.dot_i16x8_s(values0, upper));
        lower0 = i32x4.add(lower0, i32x4.dot_i16x8_s(values0, lower));
        const values1 = i16x8.extend_high_i8x16_u(low);
        upper1 = i32x4.add(upper1, i32x4.dot_i16x8_s(values1, upper));
        lower1 = i32x4.add(lower1, i32x4.dot_i16x8_s(values1, lower));
        const values2 = i16x8.extend_low_i8x16_u(high);
        upper2 = i32x4.add(upper2, i32x4.dot_i16x8_s(values2, upper));
        lower2 = i32x4.add(lower2, i32x4.dot_i16x8_s(values2, lower));
        const values3 = i16x8.extend_high_i8x16_u(high);
        upper3 = i32x4.add(upper3, i32x4.dot_i16x8_s(values3, upper));
        lower3 = i32x4.add(lower3, i32x4.dot_i16x8_s(values3, lower));
      }
      const values01 = i16x8.narrow_i32x4_s(rounded(upper0, lower0), rounded(upper1, lower1));
      const values23 = i16x8.narrow_i32x4_s(rounded(upper2, lower2), rounded(upper3, lower3));
      v128.store(to + x, i8x16.narrow_i16x8_u(values01, values23));
    }
  }
}
