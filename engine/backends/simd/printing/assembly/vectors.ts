/**
 * Elementary functions of two float64 at a time. Rounded to float32, their results are within one unit in the last
 * place of the true ones. The parts of an exponential are of four float32.
 */

/** A number that has its whole part in its last bits: 1.5·2⁵². */
const WHOLE: f64 = 6755399441055744;
const LARGEST: f64 = 700;

/** `eˣ`; 0 or infinity as a float32 where it is that. NaN stays NaN. */
export function exponentials(x: v128): v128 {
  const bounded = f64x2.max(f64x2.min(x, f64x2.splat(LARGEST)), f64x2.splat(-LARGEST));
  const n = f64x2.nearest(f64x2.mul(bounded, f64x2.splat(Math.LOG2E)));
  const r = f64x2.sub(bounded, f64x2.mul(n, f64x2.splat(Math.LN2)));
  let sum = f64x2.splat(1.0 / 362880);
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 40320));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 5040));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 720));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 120));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 24));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 6));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1.0 / 2));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1));
  const bits = i64x2.sub(f64x2.add(n, f64x2.splat(WHOLE)), f64x2.splat(WHOLE));
  return f64x2.mul(sum, i64x2.shl(i64x2.add(bits, i64x2.splat(1023)), 52));
}

/** `x·σ(y)`. */
export function gated(x: v128, y: v128): v128 {
  return f64x2.div(x, f64x2.add(f64x2.splat(1), exponentials(f64x2.neg(y))));
}

/** `e^(x − n·ln 2) − 1` of four float32, n the whole number nearest to x/ln 2: Cephes' (`expf`, S. Moshier). */
export function restOfExponential(x: v128, n: v128): v128 {
  // x − n·ln 2, with the logarithm in two parts.
  const near = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  const r = f32x4.sub(near, f32x4.mul(n, f32x4.splat(-2.1219444e-4)));
  let p = f32x4.splat(1.98756915e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  return f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
}

/** `2ⁿ` of four whole float32, where it is normal. */
export function powersOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
}
