/** What the sums and the looks of images have in common: how luma lies in memory, and vectors of pixels and of sums. */

/** Values before the first of a row of luma, so that it is aligned. */
export const LEFT: usize = 4;
export const PIXELS: i32 = 16;

export function reds(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0);
  return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29);
}

export function greens(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0);
  return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30);
}

export function blues(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0);
  return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31);
}

/** Bytes of all bits for those of 16 pixels that are within a row that still has `left`. */
export function inRow(left: i32): v128 {
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return i8x16.lt_u(places, i8x16.splat(<i8>min(left, PIXELS)));
}

/** Four int32 lanes, added to two int64 lanes. */
export function addWide(sums: v128, values: v128): v128 {
  return i64x2.add(sums, i64x2.add(i64x2.extend_low_i32x4_s(values), i64x2.extend_high_i32x4_s(values)));
}
