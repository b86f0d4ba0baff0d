/**
 * Gaussian kernel values of rows with those before them, in AssemblyScript, compiled to WebAssembly SIMD. Addresses are
 * in bytes; the caller lays out the memory (../kernels.ts).
 */

/** What exponentials take: a constant takes several instructions each time, a number in memory one. */
const NUMBERS = memory.data<f64>([
  // 2^52 and a half of it: added to a number, it leaves the nearest whole number in the lowest bits.
  6755399441055744,
  Math.LOG2E,
  // ln 2 in two parts, of which the first has few digits.
  0.6931471803691238,
  1.9082149292705877e-10,
  // A power of e that is less than half a unit.
  -40,
  // What a value of 1 is (UNIT of ../kernels.ts).
  16777216,
  // 1 / 9!, 1 / 8!, … 1: the factors of the powers of r.
  2.7557319223985893e-6,
  2.48015873015873e-5,
  0.0001984126984126984,
  0.001388888888888889,
  0.008333333333333333,
  0.041666666666666664,
  0.16666666666666666,
  0.5,
  1,
]);

function added(a: v128, b: v128): v128 {
  return f64x2.add(v128.shuffle<f64>(a, b, 0, 2), v128.shuffle<f64>(a, b, 1, 3));
}

/**
 * Adds four values to the earlier rows' sums: e^x = 2^k · e^r, whole k, |r| below 0.35, to eleven digits.
 * @param low, high squared distances
 * @returns the sum of the four in two halves
 */
function addFour(low: v128, high: v128, scale: f64, sums: usize, values: usize): v128 {
  let factor = f64x2.splat(scale);
  const least = v128.load64_splat(NUMBERS, 32);
  const x = f64x2.max(f64x2.mul(low, factor), least);
  const y = f64x2.max(f64x2.mul(high, factor), least);
  const whole = v128.load64_splat(NUMBERS);
  const log = v128.load64_splat(NUMBERS, 8);
  const xWhole = f64x2.add(f64x2.mul(x, log), whole);
  const yWhole = f64x2.add(f64x2.mul(y, log), whole);
  const xk = f64x2.sub(xWhole, whole);
  const yk = f64x2.sub(yWhole, whole);
  const first = v128.load64_splat(NUMBERS, 16);
  const second = v128.load64_splat(NUMBERS, 24);
  const xr = f64x2.sub(f64x2.sub(x, f64x2.mul(xk, first)), f64x2.mul(xk, second));
  const yr = f64x2.sub(f64x2.sub(y, f64x2.mul(yk, first)), f64x2.mul(yk, second));
  let xe = v128.load64_splat(NUMBERS, 48);
  let ye = xe;
  factor = v128.load64_splat(NUMBERS, 56);
  xe = f64x2.add(f64x2.mul(xe, xr), factor);
  ye = f64x2.add(f64x2.mul(ye, yr), factor);
  factor = v128.load64_splat(NUMBERS, 64);
  xe = f64x2.add(f64x2.mul(xe, xr), factor);
  ye = f64x2.add(f64x2.mul(ye, yr), factor);
  factor = v128.load64_splat(NUMBERS, 72);
  xe = f64x2.add(f64x2.mul(xe, xr), factor);
  ye = f64x2.add(f64x2.mul(ye, yr), factor);
  factor = v128.load64_splat(NUMBERS, 80);
  xe = f64x2.add(f64x2.mul(xe, xr), factor);
  ye = f64x2.add(f64x2.mul(ye, yr), factor);
  factor = v128.load64_splat(NUMBERS, 88);
  xe = f64x2.add(f64x2.mul(xe, xr), factor);
  ye = f64x2.add(f64x2.mul(ye, yr), factor);
  factor = v128.load64_splat(NUMBERS, 96);
  xe = f64x2.add(f64x2.mul(xe, xr), factor);
  ye = f64x2.add(f64x2.mul(ye, yr), factor);
  factor = v128.load64_splat(NUMBERS, 104);
  xe = f64x2.add(f64x2.mul(xe, xr), factor);
  ye = f64x2.add(f64x2.mul(ye, yr), factor);
  factor = v128.load64_splat(NUMBERS, 112);
  xe = f64x2.add(f64x2.mul(xe, xr), factor);
  ye = f64x2.add(f64x2.mul(ye, yr), factor);
  xe = f64x2.add(f64x2.mul(xe, xr), factor);
  ye = f64x2.add(f64x2.mul(ye, yr), factor);
  // k goes to the exponent.
  const unit = v128.load64_splat(NUMBERS, 40);
  const xUnits = f64x2.add(f64x2.mul(i64x2.add(xe, i64x2.shl(xWhole, 52)), unit), whole);
  const yUnits = f64x2.add(f64x2.mul(i64x2.add(ye, i64x2.shl(yWhole, 52)), unit), whole);
  v128.store(values, v128.shuffle<i32>(xUnits, yUnits, 0, 2, 4, 6));
  const xValue = f64x2.sub(xUnits, whole);
  const yValue = f64x2.sub(yUnits, whole);
  v128.store(sums, f64x2.add(v128.load(sums), xValue));
  v128.store(sums, f64x2.add(v128.load(sums, 16), yValue), 16);
  return f64x2.add(xValue, yValue);
}

/**
 * Compares four rows at a time. The last four of a row may reach beyond it: the next row overwrites what is written
 * there, and their sums are those of a copy.
 * @param from, to numbers of the rows whose values are computed: `to` is excluded
 * @param rows `[rows, columns]`, float64; `columns` is even
 * @param sums `[rows]`, float64: receive each value twice, for both rows of the pair
 * @param scratch 32 bytes
 * @param values int32: those of row `from` with the rows before it, then those of the next row, and 12 bytes more
 */
export function gaussian(
  from: i32,
  to: i32,
  columns: i32,
  rows: usize,
  sums: usize,
  scratch: usize,
  values: usize,
  scale: f64,
): void {
  const bytes = (<usize>columns) << 3;
  for (let i = from; i < to; i++) {
    const row = rows + <usize>i * bytes;
    let total = f64x2.splat(0);
    for (let j = 0; j < i; j += 4) {
      let b = rows + <usize>j * bytes;
      let s0 = f64x2.splat(0);
      let s1 = f64x2.splat(0);
      let s2 = f64x2.splat(0);
      let s3 = f64x2.splat(0);
      for (let a = row; a < row + bytes; a += 16, b += 16) {
        const own = v128.load(a);
        const d0 = f64x2.sub(own, v128.load(b));
        const d1 = f64x2.sub(own, v128.load(b + bytes));
        const d2 = f64x2.sub(own, v128.load(b + 2 * bytes));
        const d3 = f64x2.sub(own, v128.load(b + 3 * bytes));
        s0 = f64x2.add(s0, f64x2.mul(d0, d0));
        s1 = f64x2.add(s1, f64x2.mul(d1, d1));
        s2 = f64x2.add(s2, f64x2.mul(d2, d2));
        s3 = f64x2.add(s3, f64x2.mul(d3, d3));
      }
      const isWhole = j + 4 <= i;
      const sumsAt = isWhole ? sums + ((<usize>j) << 3) : scratch;
      const sum = addFour(added(s0, s1), added(s2, s3), scale, sumsAt, values);
      if (isWhole) {
        total = f64x2.add(total, sum);
        values += 16;
        continue;
      }
      for (let k = j; k < i; k++, values += 4) {
        const value = <f64>load<i32>(values);
        const at = sums + ((<usize>k) << 3);
        store<f64>(at, load<f64>(at) + value);
        total = f64x2.add(total, f64x2.replace_lane(f64x2.splat(0), 0, value));
      }
    }
    const sumAt = sums + ((<usize>i) << 3);
    store<f64>(sumAt, load<f64>(sumAt) + f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1));
  }
}
