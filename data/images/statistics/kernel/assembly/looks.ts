/**
 * An image's gray, and its pixels split by squared brightness as in `../../brightness-percentiles.ts`, in
 * AssemblyScript → WebAssembly SIMD. Addresses are bytes, given by `../looks-kernel.ts`. Of four pixels, red and green,
 * and blue and green, are pairs of int16, which one instruction weighs and adds.
 */

export { blur } from './blur';
export { describe, partLevels } from './texts';

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

/** How many values there are below `limit`. */
function countLess(values: usize, end: usize, limit: i32): i32 {
  let counts = i32x4.splat(0);
  for (; values < end; values += 16) {
    counts = i32x4.sub(counts, i32x4.lt_s(v128.load(values), i32x4.splat(limit)));
  }
  return total(counts);
}

function within(values: v128, from: v128, limit: v128): v128 {
  return v128.andnot(i32x4.lt_s(values, limit), i32x4.lt_s(values, from));
}

/** Stores the values from `from` up to `limit`. Few pixels of a photograph are there. @returns where it ended */
function appendWithin(to: usize, values: usize, end: usize, from: i32, limit: i32): usize {
  const from4 = i32x4.splat(from);
  const limit4 = i32x4.splat(limit);
  for (; values < end; values += 64) {
    const a = v128.load(values);
    const b = v128.load(values, 16);
    const c = v128.load(values, 32);
    const d = v128.load(values, 48);
    const isA = within(a, from4, limit4);
    const isB = within(b, from4, limit4);
    const isC = within(c, from4, limit4);
    const isD = within(d, from4, limit4);
    if (!v128.any_true(v128.or(v128.or(isA, isB), v128.or(isC, isD)))) continue;
    to = appendIfAny(to, a, isA);
    to = appendIfAny(to, b, isB);
    to = appendIfAny(to, c, isC);
    to = appendIfAny(to, d, isD);
  }
  return to;
}

/**
 * Gray and squared brightness, int32, of some pixels. Reads up to 52 bytes of `rgb` behind the last pixel, which make
 * no difference, and fills the last 16 of `gray` and of `values`, these with `OUTSIDE`.
 */
export function brighten(pixels: i32, rgb: usize, gray: usize, values: usize): void {
  for (let x = 0; x < pixels; x += PIXELS, rgb += 48, gray += 16, values += 64) {
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
    const left = pixels - x;
    v128.store(values, firstOnes(squaresOf(rg0, bg0), left));
    v128.store(values, firstOnes(squaresOf(rg1, bg1), left - 4), 16);
    v128.store(values, firstOnes(squaresOf(rg2, bg2), left - 8), 32);
    v128.store(values, firstOnes(squaresOf(rg3, bg3), left - 12), 48);
  }
}

/** Pixels whose squared brightness stays in the nearest cache. */
const BLOCK: i32 = 1024;
const VALUES = memory.data(BLOCK * 4, 16);

/**
 * Gray as of `brighten`, and the pixels on both sides of two brackets.
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
  const fromA = load<i32>(brackets);
  const limitA = load<i32>(brackets, 4);
  const fromB = load<i32>(brackets, 8);
  const limitB = load<i32>(brackets, 12);
  let belowA = 0;
  let belowB = 0;
  let toA = valuesA;
  let toB = valuesB;
  for (let first = 0; first < pixels; first += BLOCK, rgb += 3 * BLOCK, gray += BLOCK) {
    const some = min(BLOCK, pixels - first);
    const end = VALUES + ((<usize>((some + PIXELS - 1) / PIXELS)) << 6);
    brighten(some, rgb, gray, VALUES);
    belowA += countLess(VALUES, end, fromA);
    belowB += countLess(VALUES, end, fromB);
    toA = appendWithin(toA, VALUES, end, fromA, limitA);
    toB = appendWithin(toB, VALUES, end, fromB, limitB);
  }
  store<i32>(found, belowA);
  store<i32>(found, <i32>((toA - valuesA) >> 2), 4);
  store<i32>(found, belowB, 8);
  store<i32>(found, <i32>((toB - valuesB) >> 2), 12);
}

/** Half of the largest power of two that a squared brightness may have. */
const HALF: i32 = 1 << 25;
const MOST_RANKED: i32 = 4096;
/** Brightness in 256 levels: 16 from one power of two to the next, from 2¹⁰ on. */
const LEVELS = memory.data(MOST_RANKED, 16);

function levelsOf(values: v128): v128 {
  const floats = f32x4.convert_i32x4_s(i32x4.max_s(values, i32x4.splat(1 << 10)));
  return i32x4.sub(i32x4.shr_u(floats, 23 - 4), i32x4.splat((127 + 10) << 4));
}

function fillLevels(values: usize, end: usize): void {
  for (let to = LEVELS; values < end; values += 64, to += 16) {
    const first = i16x8.narrow_i32x4_s(levelsOf(v128.load(values)), levelsOf(v128.load(values, 16)));
    const second = i16x8.narrow_i32x4_s(levelsOf(v128.load(values, 32)), levelsOf(v128.load(values, 48)));
    v128.store(to, i8x16.narrow_i16x8_u(first, second));
  }
}

/** Vectors of which the counts in single bytes stay below 256. */
const VECTORS: usize = 255;

function countLower(end: usize, level: i32): i32 {
  const limit = i8x16.splat(<i8>level);
  let counts = i32x4.splat(0);
  for (let at = LEVELS; at < end; ) {
    let bytes = i8x16.splat(0);
    for (const pause = min(end, at + 16 * VECTORS); at < pause; at += 16) {
      bytes = i8x16.sub(bytes, i8x16.lt_u(v128.load(at), limit));
    }
    counts = i32x4.add(counts, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
  }
  return total(counts);
}

/** Stores the values that have this level, and `OUTSIDE` behind them. @returns where they ended */
function appendLevel(to: usize, values: usize, end: usize, level: i32): usize {
  for (let at = LEVELS; at < end; at += 16, values += 64) {
    let found = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(<i8>level)));
    for (; found !== 0; found &= found - 1, to += 4) store<i32>(to, load<i32>(values + ((<usize>ctz(found)) << 2)));
  }
  v128.store(to, i32x4.splat(OUTSIDE));
  return to;
}

/**
 * The values of some ranks, from 0, and the next ones, themselves at the end: two int32 a rank into `found`. One bit
 * after the other is found by counting: first of the level, then of the values that have it.
 * @param ranks int32, `[count]` @param values as of `brighten`, `[pixels]` @param room for as many, and 4 more
 */
export function ofRanks(pixels: i32, values: usize, count: i32, ranks: usize, room: usize, found: usize): void {
  const vectors = <usize>((pixels + PIXELS - 1) / PIXELS);
  const last = values + (vectors << 6);
  const lastLevel = LEVELS + (vectors << 4);
  fillLevels(values, last);
  for (let i = 0; i < count; i++, ranks += 4, found += 8) {
    const rank = load<i32>(ranks);
    let level = 0;
    for (let half = 128; half > 0; half >>= 1) if (countLower(lastLevel, level + half) <= rank) level += half;
    const end = appendLevel(room, values, lastLevel, level);
    const within = rank - countLower(lastLevel, level);
    let from = 0;
    for (let half = HALF; half > 0; half >>= 1) if (countLess(room, end, from + half) <= within) from += half;
    const isAlone = countLess(room, end, from + 1) <= within + 1;
    store<i32>(found, from);
    store<i32>(found, isAlone ? nextOfAll(values, last, end, room, from) : from, 4);
  }
}

/** As below; where one of the same level is above, none of another level is nearer. */
function nextOfAll(values: usize, last: usize, end: usize, room: usize, value: i32): i32 {
  const next = nextAbove(room, end, value);
  return next !== value ? next : nextAbove(values, last, value);
}

/** The smallest value above this one; itself where there is none. */
function nextAbove(values: usize, end: usize, value: i32): i32 {
  let next = i32x4.splat(OUTSIDE);
  for (; values < end; values += 16) {
    const others = v128.load(values);
    next = i32x4.min_s(next, v128.bitselect(others, next, i32x4.gt_s(others, i32x4.splat(value))));
  }
  const found = min(
    min(i32x4.extract_lane(next, 0), i32x4.extract_lane(next, 1)),
    min(i32x4.extract_lane(next, 2), i32x4.extract_lane(next, 3)),
  );
  return found === OUTSIDE ? value : found;
}
