/**
 * Values of a Gaussian kernel for all pairs of some rows with those before them, in AssemblyScript, compiled to WebAssembly SIMD.
 * All addresses are in bytes. The caller lays out the memory (../gaussian-kernel.ts).
 */

/** Sum of squared differences, in the same order as `squaredDistance` (drift/linear/distance.ts). */
function square(a: usize, b: usize, columns: i32): f64 {
  let s01 = f64x2.splat(0);
  let s23 = f64x2.splat(0);
  const whole = columns & ~3;
  let c = 0;
  for (; c < whole; c += 4, a += 32, b += 32) {
    const d01 = f64x2.sub(v128.load(a), v128.load(b));
    const d23 = f64x2.sub(v128.load(a, 16), v128.load(b, 16));
    s01 = f64x2.add(s01, f64x2.mul(d01, d01));
    s23 = f64x2.add(s23, f64x2.mul(d23, d23));
  }
  let s0 = f64x2.extract_lane(s01, 0);
  for (; c < columns; c++, a += 8, b += 8) {
    const d = load<f64>(a) - load<f64>(b);
    s0 += d * d;
  }
  return s0 + f64x2.extract_lane(s01, 1) + (f64x2.extract_lane(s23, 0) + f64x2.extract_lane(s23, 1));
}

/**
 * @param from, to numbers of the rows whose values are computed: `to` is excluded
 * @param rows `[rows, columns]`, float64
 * @param sums `[rows]`, float64: receive each value twice, for both rows of the pair
 * @param values float32: those of row `from` with the rows before it, then those of the next row
 */
export function gaussian(from: i32, to: i32, columns: i32, rows: usize, sums: usize, values: usize, scale: f64): void {
  const bytes = (<usize>columns) << 3;
  for (let i = from; i < to; i++) {
    const row = rows + <usize>i * bytes;
    const sumAt = sums + ((<usize>i) << 3);
    let sum = load<f64>(sumAt);
    let other = rows;
    for (let otherSum = sums; otherSum < sumAt; otherSum += 8, other += bytes, values += 4) {
      const value = <f32>Math.exp(scale * square(row, other, columns));
      store<f32>(values, value);
      sum += <f64>value;
      store<f64>(otherSum, load<f64>(otherSum) + <f64>value);
    }
    store<f64>(sumAt, sum);
  }
}
