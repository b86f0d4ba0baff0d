/**
 * What the looks of an image are made of, in AssemblyScript → WebAssembly SIMD: gray, and histograms of squared
 * brightness, the same numbers as in `../../pixel-counts.ts`. All addresses are bytes, given by `../looks-kernel.ts`.
 */

import { blues, greens, PIXELS, reds } from './lanes';

const FINE_BITS: i32 = 13;

/** Weighted sum of four pixels, whose values are the lower or upper four of eight uint16. */
function mixLow(red: v128, green: v128, blue: v128, r: i16, g: i16, b: i16): v128 {
  return i32x4.add(
    i32x4.extmul_low_i16x8_u(red, i16x8.splat(r)),
    i32x4.add(i32x4.extmul_low_i16x8_u(green, i16x8.splat(g)), i32x4.extmul_low_i16x8_u(blue, i16x8.splat(b))),
  );
}

function mixHigh(red: v128, green: v128, blue: v128, r: i16, g: i16, b: i16): v128 {
  return i32x4.add(
    i32x4.extmul_high_i16x8_u(red, i16x8.splat(r)),
    i32x4.add(i32x4.extmul_high_i16x8_u(green, i16x8.splat(g)), i32x4.extmul_high_i16x8_u(blue, i16x8.splat(b))),
  );
}

/** ITU-R BT.601 in units of 1/65,536, rounded, of eight pixels. */
function grayOf(red: v128, green: v128, blue: v128): v128 {
  const half = i32x4.splat(0x8000);
  const low = i32x4.add(mixLow(red, green, blue, 19595, <i16>38470, 7471), half);
  const high = i32x4.add(mixHigh(red, green, blue, 19595, <i16>38470, 7471), half);
  return i16x8.narrow_i32x4_u(i32x4.shr_u(low, 16), i32x4.shr_u(high, 16));
}

function addOne(at: usize): void {
  store<i32>(at, load<i32>(at) + 1);
}

/** Four values, of which the first `left` count, by their coarse bins. */
function countFour(values: v128, left: i32, counts: usize): void {
  const at = i32x4.shl(i32x4.shr_u(values, FINE_BITS), 2);
  if (left > 0) addOne(counts + <usize>i32x4.extract_lane(at, 0));
  if (left > 1) addOne(counts + <usize>i32x4.extract_lane(at, 1));
  if (left > 2) addOne(counts + <usize>i32x4.extract_lane(at, 2));
  if (left > 3) addOne(counts + <usize>i32x4.extract_lane(at, 3));
}

/** The same by their places in a coarse bin, those of other bins left out. Few pixels of a photograph have the bin. */
function countFine(values: v128, left: i32, bin: v128, counts: usize): void {
  const found = i32x4.eq(i32x4.shr_u(values, FINE_BITS), bin);
  if (!v128.any_true(found)) return;
  const at = i32x4.shl(v128.and(values, i32x4.splat((1 << FINE_BITS) - 1)), 2);
  if (left > 0 && i32x4.extract_lane(found, 0)) addOne(counts + <usize>i32x4.extract_lane(at, 0));
  if (left > 1 && i32x4.extract_lane(found, 1)) addOne(counts + <usize>i32x4.extract_lane(at, 1));
  if (left > 2 && i32x4.extract_lane(found, 2)) addOne(counts + <usize>i32x4.extract_lane(at, 2));
  if (left > 3 && i32x4.extract_lane(found, 3)) addOne(counts + <usize>i32x4.extract_lane(at, 3));
}

/** Smallest and largest coarse bin of 16 values, as two uint16. */
function storeRange(to: usize, values0: v128, values1: v128, values2: v128, values3: v128): void {
  const low4 = i32x4.min_u(i32x4.min_u(values0, values1), i32x4.min_u(values2, values3));
  const high4 = i32x4.max_u(i32x4.max_u(values0, values1), i32x4.max_u(values2, values3));
  const low2 = i32x4.min_u(low4, i32x4.shuffle(low4, low4, 2, 3, 0, 1));
  const high2 = i32x4.max_u(high4, i32x4.shuffle(high4, high4, 2, 3, 0, 1));
  const low = i32x4.min_u(low2, i32x4.shuffle(low2, low2, 1, 0, 3, 2));
  const high = i32x4.max_u(high2, i32x4.shuffle(high2, high2, 1, 0, 3, 2));
  store<u16>(to, <u16>(<u32>i32x4.extract_lane(low, 0) >> FINE_BITS));
  store<u16>(to, <u16>(<u32>i32x4.extract_lane(high, 0) >> FINE_BITS), 2);
}

/** Whether one of the bins may be that of a pixel of the block. */
function meets(range: usize, bins: usize, fine: i32): bool {
  const low = <i32>load<u16>(range);
  const high = <i32>load<u16>(range, 2);
  for (let i = 0; i < fine; i++) {
    const bin = load<i32>(bins + ((<usize>i) << 2));
    if (bin >= low && bin <= high) return true;
  }
  return false;
}

/**
 * Reads up to 48 bytes of `rgb` behind the last pixel, which make no difference, and writes up to 16 of `gray`.
 *
 * @param gray where gray pixels go; 0 for none
 * @param ranges smallest and largest coarse bin of each 16 pixels, `[blocks, 2]` uint16: written where pixels are counted
 *   coarsely, read where they are counted finely
 * @param bins the coarse bins, int32, whose pixels are counted finely
 * @param fine how many of them; 0 where all pixels are counted coarsely
 * @param counts uint32: `[coarse bins]`, or `[fine, 2^13]`
 */
export function count(
  pixels: i32,
  rgb: usize,
  gray: usize,
  ranges: usize,
  bins: usize,
  fine: i32,
  counts: usize,
): void {
  for (let x = 0; x < pixels; x += PIXELS, rgb += 48, ranges += 4) {
    if (fine > 0 && !meets(ranges, bins, fine)) continue;
    const a = v128.load(rgb);
    const b = v128.load(rgb, 16);
    const c = v128.load(rgb, 32);
    const red = reds(a, b, c);
    const green = greens(a, b, c);
    const blue = blues(a, b, c);
    const redLow = i16x8.extend_low_i8x16_u(red);
    const redHigh = i16x8.extend_high_i8x16_u(red);
    const greenLow = i16x8.extend_low_i8x16_u(green);
    const greenHigh = i16x8.extend_high_i8x16_u(green);
    const blueLow = i16x8.extend_low_i8x16_u(blue);
    const blueHigh = i16x8.extend_high_i8x16_u(blue);
    if (gray !== 0) {
      const grays = i8x16.narrow_i16x8_u(grayOf(redLow, greenLow, blueLow), grayOf(redHigh, greenHigh, blueHigh));
      v128.store(gray, grays);
      gray += 16;
    }
    const red2Low = i16x8.mul(redLow, redLow);
    const red2High = i16x8.mul(redHigh, redHigh);
    const green2Low = i16x8.mul(greenLow, greenLow);
    const green2High = i16x8.mul(greenHigh, greenHigh);
    const blue2Low = i16x8.mul(blueLow, blueLow);
    const blue2High = i16x8.mul(blueHigh, blueHigh);
    const left = pixels - x;
    const values0 = mixLow(red2Low, green2Low, blue2Low, 241, 691, 68);
    const values1 = mixHigh(red2Low, green2Low, blue2Low, 241, 691, 68);
    const values2 = mixLow(red2High, green2High, blue2High, 241, 691, 68);
    const values3 = mixHigh(red2High, green2High, blue2High, 241, 691, 68);
    if (fine === 0) {
      storeRange(ranges, values0, values1, values2, values3);
      countFour(values0, left, counts);
      countFour(values1, left - 4, counts);
      countFour(values2, left - 8, counts);
      countFour(values3, left - 12, counts);
    }
    for (let i = 0; i < fine; i++) {
      const bin = v128.load32_splat(bins + ((<usize>i) << 2));
      const places = counts + ((<usize>i) << (FINE_BITS + 2));
      countFine(values0, left, bin, places);
      countFine(values1, left - 4, bin, places);
      countFine(values2, left - 8, bin, places);
      countFine(values3, left - 12, bin, places);
    }
  }
}
