/**
 * An image's gray, and its pixels split by squared brightness as in `../../brightness-percentiles.ts`, in
 * AssemblyScript → WebAssembly SIMD. Addresses are bytes, given by `../looks-kernel.ts`. Of four pixels, red and green,
 * and blue and green, are pairs of int16, which one instruction weighs and adds.
 */

export { blur } from './blur';
export { lowestCoefficients } from './dct';

const PIXELS: i32 = 16;
const OUTSIDE: i32 = 0x7fffffff;
/** What makes signed int16 of unsigned ones, less 2¹⁵. */
const SIGN: i16 = -0x8000;
/** Squared brightness of a pixel whose squares are all 2¹⁵. */
const MIDDLE: i32 = (241 + 691 + 68) << 15;

/** Red and green of four pixels, int16. */
function redGreen(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1));
}

function blueGreen(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(2, -1, 1, -1, 5, -1, 4, -1, 8, -1, 7, -1, 11, -1, 10, -1));
}

/** ITU-R BT.601 in units of 1/65,536, rounded: int32. Both pairs have half of green, whose weight is no int16. */
function grayOf(rg: v128, bg: v128): v128 {
  const ofRed = i32x4.dot_i16x8_s(rg, i16x8(19595, 19235, 19595, 19235, 19595, 19235, 19595, 19235));
  const ofBlue = i32x4.dot_i16x8_s(bg, i16x8(7471, 19235, 7471, 19235, 7471, 19235, 7471, 19235));
  return i32x4.shr_s(i32x4.add(i32x4.add(ofRed, ofBlue), i32x4.splat(0x8000)), 16);
}

function squaresOf(rg: v128, bg: v128): v128 {
  const rg2 = v128.xor(i16x8.mul(rg, rg), i16x8.splat(SIGN));
  const bg2 = v128.xor(i16x8.mul(bg, bg), i16x8.splat(SIGN));
  const ofRedGreen = i32x4.dot_i16x8_s(rg2, i16x8(241, 691, 241, 691, 241, 691, 241, 691));
  const ofBlue = i32x4.dot_i16x8_s(bg2, i16x8(68, 0, 68, 0, 68, 0, 68, 0));
  return i32x4.add(i32x4.add(ofRedGreen, ofBlue), i32x4.splat(MIDDLE));
}

/** Four values, with `OUTSIDE` in place of those that are not among the first `left`. */
function firstOnes(values: v128, left: i32): v128 {
  return v128.bitselect(values, i32x4.splat(OUTSIDE), i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(left)));
}

/** Stores the values that are marked, one behind the other. Writes 4 bytes behind the last. @returns where it ended */
function append(to: usize, values: v128, marked: v128): usize {
  store<i32>(to, i32x4.extract_lane(values, 0));
  to += <usize>(i32x4.extract_lane(marked, 0) & 4);
  store<i32>(to, i32x4.extract_lane(values, 1));
  to += <usize>(i32x4.extract_lane(marked, 1) & 4);
  store<i32>(to, i32x4.extract_lane(values, 2));
  to += <usize>(i32x4.extract_lane(marked, 2) & 4);
  store<i32>(to, i32x4.extract_lane(values, 3));
  return to + <usize>(i32x4.extract_lane(marked, 3) & 4);
}

function appendIfAny(to: usize, values: v128, marked: v128): usize {
  return v128.any_true(marked) ? append(to, values, marked) : to;
}

function total(lanes: v128): i32 {
  return (
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3)
  );
}

/** One more in a lane of `counts` for each value that is less than `limit`. */
function countLess(counts: v128, limit: v128, a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(i32x4.lt_s(a, limit), i32x4.lt_s(b, limit));
  const cd = i32x4.add(i32x4.lt_s(c, limit), i32x4.lt_s(d, limit));
  return i32x4.sub(counts, i32x4.add(ab, cd));
}

function within(values: v128, from: v128, limit: v128): v128 {
  return v128.andnot(i32x4.lt_s(values, limit), i32x4.lt_s(values, from));
}

/** Stores the values from `from` up to `limit`. Few pixels of a photograph are there. @returns where it ended */
function appendWithin(to: usize, from: v128, limit: v128, a: v128, b: v128, c: v128, d: v128): usize {
  const isA = within(a, from, limit);
  const isB = within(b, from, limit);
  const isC = within(c, from, limit);
  const isD = within(d, from, limit);
  if (!v128.any_true(v128.or(v128.or(isA, isB), v128.or(isC, isD)))) return to;
  to = appendIfAny(to, a, isA);
  to = appendIfAny(to, b, isB);
  to = appendIfAny(to, c, isC);
  return appendIfAny(to, d, isD);
}

/**
 * Reads up to 52 bytes of `rgb` behind the last pixel, which make no difference, and writes up to 16 of `gray`.
 * @param brackets int32: from and to, to not included, of two brackets
 * @param found int32: how many pixels are below a bracket, and how many within, of both
 * @param valuesA uint32: values within the first bracket, room for one a pixel and one more; `valuesB`: of the second
 */
export function split(
  pixels: i32,
  rgb: usize,
  gray: usize,
  brackets: usize,
  found: usize,
  valuesA: usize,
  valuesB: usize,
): void {
  const fromA = v128.load32_splat(brackets);
  const limitA = v128.load32_splat(brackets, 4);
  const fromB = v128.load32_splat(brackets, 8);
  const limitB = v128.load32_splat(brackets, 12);
  let belowA = i32x4.splat(0);
  let belowB = i32x4.splat(0);
  let toA = valuesA;
  let toB = valuesB;
  for (let x = 0; x < pixels; x += PIXELS, rgb += 48, gray += 16) {
    const pixels0 = v128.load(rgb);
    const pixels1 = v128.load(rgb, 12);
    const pixels2 = v128.load(rgb, 24);
    const pixels3 = v128.load(rgb, 36);
    const rg0 = redGreen(pixels0);
    const rg1 = redGreen(pixels1);
    const rg2 = redGreen(pixels2);
    const rg3 = redGreen(pixels3);
    const bg0 = blueGreen(pixels0);
    const bg1 = blueGreen(pixels1);
    const bg2 = blueGreen(pixels2);
    const bg3 = blueGreen(pixels3);
    const gray01 = i16x8.narrow_i32x4_s(grayOf(rg0, bg0), grayOf(rg1, bg1));
    const gray23 = i16x8.narrow_i32x4_s(grayOf(rg2, bg2), grayOf(rg3, bg3));
    v128.store(gray, i8x16.narrow_i16x8_u(gray01, gray23));

    let values0 = squaresOf(rg0, bg0);
    let values1 = squaresOf(rg1, bg1);
    let values2 = squaresOf(rg2, bg2);
    let values3 = squaresOf(rg3, bg3);
    const left = pixels - x;
    if (left < PIXELS) {
      values0 = firstOnes(values0, left);
      values1 = firstOnes(values1, left - 4);
      values2 = firstOnes(values2, left - 8);
      values3 = firstOnes(values3, left - 12);
    }
    belowA = countLess(belowA, fromA, values0, values1, values2, values3);
    belowB = countLess(belowB, fromB, values0, values1, values2, values3);
    toA = appendWithin(toA, fromA, limitA, values0, values1, values2, values3);
    toB = appendWithin(toB, fromB, limitB, values0, values1, values2, values3);
  }
  store<i32>(found, total(belowA));
  store<i32>(found, <i32>((toA - valuesA) >> 2), 4);
  store<i32>(found, total(belowB), 8);
  store<i32>(found, <i32>((toB - valuesB) >> 2), 12);
}
