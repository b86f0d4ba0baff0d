/**
 * The loops of Elkan's k-means over all rows, in AssemblyScript → WebAssembly SIMD.
 *
 * Distances are float32 here, four lanes at a time, and known only within an error that the caller bounds; wherever
 * that error could change which centroid is nearest, `exactSquare` is asked. So labels are those of float64.
 * All addresses are bytes, given by the caller, who lays out the memory (../kernel-rows.ts).
 */

/** The caller's squared distance in float64 of a row to a centroid. */
declare function exactSquare(row: i32, centroid: i32): f64;

/** Distance of two float32 vectors; `bytes` is a multiple of 64, as vectors are padded with zeros. */
function roughDistance(a: usize, b: usize, bytes: usize): f64 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  for (const end = a + bytes; a < end; a += 64, b += 64) {
    const d0 = f32x4.sub(v128.load(a), v128.load(b));
    const d1 = f32x4.sub(v128.load(a, 16), v128.load(b, 16));
    const d2 = f32x4.sub(v128.load(a, 32), v128.load(b, 32));
    const d3 = f32x4.sub(v128.load(a, 48), v128.load(b, 48));
    s0 = f32x4.add(s0, f32x4.mul(d0, d0));
    s1 = f32x4.add(s1, f32x4.mul(d1, d1));
    s2 = f32x4.add(s2, f32x4.mul(d2, d2));
    s3 = f32x4.add(s3, f32x4.mul(d3, d3));
  }
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  return Math.sqrt(
    <f64>(f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3))),
  );
}

/** Whether the bounds say of all four centroids from `j` that they are farther than `distance`. */
function areFarther(distance: f64, j: i32, lower: usize, moved: usize, half: usize): bool {
  const at = (<usize>j) << 3;
  const distances = f64x2.splat(distance);
  const low = f64x2.pmax(f64x2.sub(v128.load(lower + at), v128.load(moved + at)), v128.load(half + at));
  const high = f64x2.pmax(f64x2.sub(v128.load(lower + at, 16), v128.load(moved + at, 16)), v128.load(half + at, 16));
  return !v128.any_true(v128.or(f64x2.ge(distances, low), f64x2.ge(distances, high)));
}

/**
 * Gives each row of `from` ≤ i < `to` to its nearest centroid, ties to the lowest index; see `Elkan.reassign` for the
 * bounds. Lower bounds are kept with the path length `moved` of their centroid so far added, so that a move of the
 * centroids need not touch them. A true distance is within `relative` · rough + `absolute` of the rough one.
 */
export function reassign(
  from: i32,
  to: i32,
  clusters: i32,
  rowBytes: usize,
  rows: usize,
  centroids: usize,
  labels: usize,
  uppers: usize,
  lowers: usize,
  moved: usize,
  half: usize,
  halfGap: usize,
  slack: f64,
  relative: f64,
  absolute: f64,
): void {
  const less = 1 - relative;
  const more = 1 + relative;
  for (let i = from; i < to; i++) {
    let best = load<i32>(labels + ((<usize>i) << 2));
    const upperAt = uppers + ((<usize>i) << 3);
    let upper = load<f64>(upperAt);
    if (upper + slack < load<f64>(halfGap + ((<usize>best) << 3))) continue;
    const row = rows + <usize>i * rowBytes;
    const lower = lowers + <usize>i * clusters * 8;
    let measured = false;
    let clear = 0;
    for (let j = 0; j < clusters; j++) {
      if (j >= clear) {
        while (
          j + 4 <= clusters &&
          areFarther(upper + slack, j, lower, moved, half + ((<usize>(best * clusters)) << 3))
        ) {
          j += 4;
        }
        clear = j + 4;
        if (j >= clusters) break;
      }
      if (j === best) continue;
      const lowerAt = lower + ((<usize>j) << 3);
      const movedOther = load<f64>(moved + ((<usize>j) << 3));
      const halfway = load<f64>(half + ((<usize>(best * clusters + j)) << 3));
      if (upper + slack < halfway || upper + slack < load<f64>(lowerAt) - movedOther) continue;
      const movedBest = load<f64>(moved + ((<usize>best) << 3));
      const bestAt = lower + ((<usize>best) << 3);
      if (!measured) {
        const own = roughDistance(row, centroids + <usize>best * rowBytes, rowBytes);
        upper = min(upper, own * more + absolute);
        store<f64>(bestAt, own * less - absolute + movedBest);
        measured = true;
        if (upper + slack < halfway || upper + slack < load<f64>(lowerAt) - movedOther) continue;
      }
      const other = roughDistance(row, centroids + <usize>j * rowBytes, rowBytes);
      const least = other * less - absolute;
      const most = other * more + absolute;
      store<f64>(lowerAt, least + movedOther);
      if (upper + slack < least) continue;
      if (most + slack < load<f64>(bestAt) - movedBest) {
        best = j;
        upper = most;
        continue;
      }
      const bestSquare = exactSquare(i, best);
      const square = exactSquare(i, j);
      store<f64>(bestAt, Math.sqrt(bestSquare) + movedBest);
      store<f64>(lowerAt, Math.sqrt(square) + movedOther);
      if (square < bestSquare || (square === bestSquare && j < best)) {
        best = j;
        upper = Math.sqrt(square);
      } else {
        upper = Math.sqrt(bestSquare);
      }
    }
    store<f64>(upperAt, upper);
    store<i32>(labels + ((<usize>i) << 2), best);
  }
}

/** Into `out`, float64 `[rows]`: the rough distance of each row to one vector; infinite where `wanted` (bytes) is 0. */
export function distancesTo(
  rowCount: i32,
  rowBytes: usize,
  rows: usize,
  vector: usize,
  wanted: usize,
  out: usize,
): void {
  for (let i = 0; i < rowCount; i++) {
    const distance = load<u8>(wanted + i) ? roughDistance(rows + <usize>i * rowBytes, vector, rowBytes) : Infinity;
    store<f64>(out + ((<usize>i) << 3), distance);
  }
}

/** Sum of squared differences in float64, in the very order of `squaredDistance` (../../distance.ts). */
function square64(row: usize, vector: usize, columns: i32): f64 {
  let s01 = f64x2.splat(0);
  let s23 = f64x2.splat(0);
  const whole = columns & ~3;
  let c = 0;
  for (; c < whole; c += 4, row += 16, vector += 32) {
    const d01 = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(row)), v128.load(vector));
    const d23 = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(row, 8)), v128.load(vector, 16));
    s01 = f64x2.add(s01, f64x2.mul(d01, d01));
    s23 = f64x2.add(s23, f64x2.mul(d23, d23));
  }
  let s0 = f64x2.extract_lane(s01, 0);
  for (; c < columns; c++, row += 4, vector += 8) {
    const d = <f64>load<f32>(row) - load<f64>(vector);
    s0 += d * d;
  }
  return s0 + f64x2.extract_lane(s01, 1) + (f64x2.extract_lane(s23, 0) + f64x2.extract_lane(s23, 1));
}

/**
 * Into `out`, float64 `[rows]`: squared distance of each row to the vector of its label, or to the first vector where
 * `labels` is 0. Vectors are float64 `[?, columns]`. For rows that are float32 without rounding.
 */
export function squares(
  rowCount: i32,
  columns: i32,
  rowBytes: usize,
  rows: usize,
  vectors: usize,
  labels: usize,
  out: usize,
): void {
  for (let i = 0; i < rowCount; i++) {
    const label = labels === 0 ? 0 : load<i32>(labels + ((<usize>i) << 2));
    const vector = vectors + ((<usize>(label * columns)) << 3);
    store<f64>(out + ((<usize>i) << 3), square64(rows + <usize>i * rowBytes, vector, columns));
  }
}

/** Adds (`sign` 1) a row to, or takes it (`sign` -1) from, a sum in float64. */
export function addRow(row: usize, columns: i32, sum: usize, sign: f64): void {
  const signs = f64x2.splat(sign);
  const whole = columns & ~1;
  let c = 0;
  for (; c < whole; c += 2, row += 8, sum += 16) {
    const values = f64x2.promote_low_f32x4(v128.load64_zero(row));
    v128.store(sum, f64x2.add(v128.load(sum), f64x2.mul(values, signs)));
  }
  if (c < columns) store<f64>(sum, load<f64>(sum) + sign * <f64>load<f32>(row));
}
