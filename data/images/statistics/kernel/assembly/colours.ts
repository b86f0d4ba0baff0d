/** Sums over single pixels: `COLOUR_SUMS` of `../../image-sums.ts`, in its order, exact. Imported by `sums.ts`. */
import { blues, greens, inRow, LEFT, PIXELS, reds } from './lanes';

/** Vectors after which int32 lanes are emptied: 32 of them, each of sixteen cubes of at most 249, stay below 2³¹. */
const VECTORS: i32 = 32;
const MOST_ROWS: i32 = 64;

function total32(lanes: v128): i64 {
  return (
    <i64>i32x4.extract_lane(lanes, 0) +
    <i64>i32x4.extract_lane(lanes, 1) +
    <i64>i32x4.extract_lane(lanes, 2) +
    <i64>i32x4.extract_lane(lanes, 3)
  );
}

function count(values: v128, wanted: v128, inside: v128): i32 {
  return popcnt(i8x16.bitmask(v128.and(i8x16.eq(values, wanted), inside)));
}

/**
 * Ten float64 into `sums`. Reads 48 bytes of `rgb` behind the last pixel. `levels`: 256 bytes, kept until the last row.
 */
export function measureColours(
  from: i32,
  to: i32,
  height: i32,
  width: i32,
  stride: i32,
  rgb: usize,
  luma: usize,
  levels: usize,
  sums: usize,
): void {
  const zero = i32x4.splat(0);
  const full = i8x16.splat(-1);
  const step = (height + MOST_ROWS - 1) / MOST_ROWS;
  let dark: i64 = 0;
  let bright: i64 = 0;
  let pp: i64 = 0;
  let qq: i64 = 0;
  let pq: i64 = 0;
  let first: i64 = 0;
  let second: i64 = 0;
  let third: i64 = 0;
  if (from === 0) memory.fill(levels, 0, 256);
  for (let y = ((from + step - 1) / step) * step; y < to; y += step) {
    let pixels = rgb + <usize>(y * width * 3);
    let at = luma + ((<usize>(y * stride)) << 2) + (LEFT << 2);
    markLevels(pixels + 1, width, levels);
    for (let x = 0; x < width; ) {
      let pp4 = zero;
      let qq4 = zero;
      let pq4 = zero;
      let first4 = zero;
      let second4 = zero;
      let third4 = zero;
      const pause = min(x + PIXELS * VECTORS, width);
      for (; x < pause; x += PIXELS, pixels += 48, at += 64) {
        const a = v128.load(pixels);
        const b = v128.load(pixels, 16);
        const c = v128.load(pixels, 32);
        const inside = inRow(width - x);
        const red = v128.and(inside, reds(a, b, c));
        const green = v128.and(inside, greens(a, b, c));
        const blue = v128.and(inside, blues(a, b, c));
        const none = i8x16.splat(0);
        dark += <i64>(count(red, none, inside) + count(green, none, inside) + count(blue, none, inside));
        bright += <i64>(count(red, full, inside) + count(green, full, inside) + count(blue, full, inside));

        const greenLow = i16x8.extend_low_i8x16_u(green);
        const greenHigh = i16x8.extend_high_i8x16_u(green);
        const pLow = i16x8.sub(i16x8.extend_low_i8x16_u(red), greenLow);
        const pHigh = i16x8.sub(i16x8.extend_high_i8x16_u(red), greenHigh);
        const qLow = i16x8.sub(greenLow, i16x8.extend_low_i8x16_u(blue));
        const qHigh = i16x8.sub(greenHigh, i16x8.extend_high_i8x16_u(blue));
        pp4 = i32x4.add(pp4, i32x4.add(i32x4.dot_i16x8_s(pLow, pLow), i32x4.dot_i16x8_s(pHigh, pHigh)));
        qq4 = i32x4.add(qq4, i32x4.add(i32x4.dot_i16x8_s(qLow, qLow), i32x4.dot_i16x8_s(qHigh, qHigh)));
        pq4 = i32x4.add(pq4, i32x4.add(i32x4.dot_i16x8_s(pLow, qLow), i32x4.dot_i16x8_s(pHigh, qHigh)));

        // Luma behind the row may be what the border was reflected to.
        const left = width - x;
        for (let i: usize = 0; i < 4; i++) {
          const isIn = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(left - 4 * <i32>i));
          const value = v128.and(isIn, i32x4.shr_s(v128.load(at + (i << 4)), 10));
          const square = i32x4.mul(value, value);
          first4 = i32x4.add(first4, value);
          second4 = i32x4.add(second4, square);
          third4 = i32x4.add(third4, i32x4.mul(square, value));
        }
      }
      pp += total32(pp4);
      qq += total32(qq4);
      pq += total32(pq4);
      first += total32(first4);
      second += total32(second4);
      third += total32(third4);
    }
  }
  store<f64>(sums, <f64>dark);
  store<f64>(sums, <f64>bright, 8);
  store<f64>(sums, <f64>pp, 16);
  store<f64>(sums, <f64>qq, 24);
  store<f64>(sums, <f64>pq, 32);
  store<f64>(sums, <f64>first, 40);
  store<f64>(sums, <f64>second, 48);
  store<f64>(sums, <f64>third, 56);
  storeLevels(levels, to === height, sums + 64);
}

function markLevels(green: usize, width: i32, levels: usize): void {
  for (let x = 0; x < width; x++, green += 3) store<u8>(levels + <usize>load<u8>(green), 1);
}

/** How many there are, and the largest without the smallest; zeros before the last row. */
function storeLevels(levels: usize, isLast: bool, sums: usize): void {
  let seen = 0;
  let smallest = -1;
  let largest = -1;
  for (let level = 0; isLast && level < 256; level++) {
    if (load<u8>(levels + <usize>level) === 0) continue;
    seen++;
    if (smallest < 0) smallest = level;
    largest = level;
  }
  store<f64>(sums, <f64>seen);
  store<f64>(sums, <f64>(largest - smallest), 8);
}
