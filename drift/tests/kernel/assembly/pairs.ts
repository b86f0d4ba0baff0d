/**
 * Sums of a symmetric matrix of whole numbers over pairs of chosen rows, in AssemblyScript, compiled to WebAssembly
 * SIMD. Addresses are in bytes; the caller lays out the memory (../kernels.ts).
 */

/** So many vectors of values up to 2^24 are added before a lane of 32 bits is full. */
const BEFORE_FULL: usize = 128;

function rowSum(values: usize, mask: usize, count: i32): i64 {
  let total = i64x2.splat(0);
  const end = values + ((<usize>(count & ~3)) << 2);
  while (values < end) {
    const pause = min(end, values + 16 * BEFORE_FULL);
    let s0 = i32x4.splat(0);
    let s1 = i32x4.splat(0);
    for (; values + 32 <= pause; values += 32, mask += 32) {
      s0 = i32x4.add(s0, v128.and(v128.load(values), v128.load(mask)));
      s1 = i32x4.add(s1, v128.and(v128.load(values, 16), v128.load(mask, 16)));
    }
    for (; values < pause; values += 16, mask += 16) {
      s0 = i32x4.add(s0, v128.and(v128.load(values), v128.load(mask)));
    }
    const sum = i32x4.add(s0, s1);
    total = i64x2.add(total, i64x2.add(i64x2.extend_low_i32x4_u(sum), i64x2.extend_high_i32x4_u(sum)));
  }
  let rest: i64 = 0;
  for (let i = count & ~3; i < count; i++, values += 4, mask += 4) rest += load<u32>(values) & load<u32>(mask);
  return rest + i64x2.extract_lane(total, 0) + i64x2.extract_lane(total, 1);
}

/**
 * Goes through the matrix once for several choices of rows.
 * @param values int32, from 0 to 2^24: those of each row with the rows before it, row after row
 * @param masks `[choices, rows]`, int32: −1 for chosen rows, 0 for others
 * @param sums `[choices]`, int64: receive the sums, each pair once
 */
export function pairs(values: usize, rows: i32, masks: usize, choices: i32, sums: usize): void {
  const bytes = (<usize>rows) << 2;
  for (let c = 0; c < choices; c++) store<i64>(sums + ((<usize>c) << 3), 0);
  for (let i = 1; i < rows; i++) {
    values += (<usize>(i - 1)) << 2;
    let mask = masks;
    for (let c = 0; c < choices; c++, mask += bytes) {
      if (!load<i32>(mask + ((<usize>i) << 2))) continue;
      const at = sums + ((<usize>c) << 3);
      store<i64>(at, load<i64>(at) + rowSum(values, mask, i));
    }
  }
}

/**
 * @param mask `[rows]`, int32: −1 for chosen rows, 0 for others
 * @param sums `[rows]`, float64: receive for each row the values with all chosen ones except itself
 */
export function toChosen(values: usize, rows: i32, mask: usize, sums: usize): void {
  for (let i = 0; i < rows; i++) {
    const sumAt = sums + ((<usize>i) << 3);
    store<f64>(sumAt, <f64>rowSum(values, mask, i));
    const end = values + ((<usize>i) << 2);
    if (load<i32>(mask + ((<usize>i) << 2))) {
      let sum = sums;
      for (; values + 16 <= end; values += 16, sum += 32) {
        const four = v128.load(values);
        const high = v128.shuffle<i32>(four, four, 2, 3, 2, 3);
        v128.store(sum, f64x2.add(v128.load(sum), f64x2.convert_low_i32x4_s(four)));
        v128.store(sum, f64x2.add(v128.load(sum, 16), f64x2.convert_low_i32x4_s(high)), 16);
      }
      for (; values < end; values += 4, sum += 8) store<f64>(sum, load<f64>(sum) + <f64>load<i32>(values));
    }
    values = end;
  }
}
