/** Distances: in float32, padded with zeros to 64 bytes, within an error that the caller bounds; and in float64. */

/** Σ of the lanes. */
function total(s0: v128, s1: v128, s2: v128, s3: v128): f64 {
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  return <f64>(
    (f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3)))
  );
}

/** Distance of two float32 vectors of `bytes` bytes. */
export function roughDistance(a: usize, b: usize, bytes: usize): f64 {
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
  return Math.sqrt(total(s0, s1, s2, s3));
}

/** Bytes after which `reaches` checks whether it may stop. */
const PAUSE: usize = 512;

/** True if the squared distance of two float32 vectors is at least `limit`; often a part of them shows it. */
export function reaches(limit: f64, a: usize, b: usize, bytes: usize): bool {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  for (const end = a + bytes; a < end; ) {
    for (const pause = min(a + PAUSE, end); a < pause; a += 64, b += 64) {
      const d0 = f32x4.sub(v128.load(a), v128.load(b));
      const d1 = f32x4.sub(v128.load(a, 16), v128.load(b, 16));
      const d2 = f32x4.sub(v128.load(a, 32), v128.load(b, 32));
      const d3 = f32x4.sub(v128.load(a, 48), v128.load(b, 48));
      s0 = f32x4.add(s0, f32x4.mul(d0, d0));
      s1 = f32x4.add(s1, f32x4.mul(d1, d1));
      s2 = f32x4.add(s2, f32x4.mul(d2, d2));
      s3 = f32x4.add(s3, f32x4.mul(d3, d3));
    }
    if (total(s0, s1, s2, s3) >= limit) return true;
  }
  return false;
}

/** Sum of squared differences in float64, in the same order as `squaredDistance` (drift/linear/distance.ts). */
export function square64(row: usize, vector: usize, columns: i32): f64 {
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
