/**
 * Elementary functions of two float64 at a time. Rounded to float32, their results are within one unit in the last
 * place of the true ones. One is of four float32.
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

/** From here to there, e^x is a normal float32. */
const LEAST_SINGLE: f32 = -87.3;
const MOST_SINGLE: f32 = 88;

/** `x·σ(y)` of four float32, within two units in the last place where the result is above 1e-36. */
export function gatedFours(x: v128, y: v128): v128 {
  const bounded = f32x4.max(f32x4.min(f32x4.neg(y), f32x4.splat(MOST_SINGLE)), f32x4.splat(LEAST_SINGLE));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(<f32>Math.LOG2E)));
  const rest = restOfExponential(bounded, n);
  const power = powersOfTwo(n);
  // e^−y is power·(1 + rest); 1 + power is rounded only where it is large.
  return f32x4.div(x, f32x4.add(f32x4.add(f32x4.splat(1), power), f32x4.mul(power, rest)));
}

/** Up to here the series of the hyperbolic tangent is used. */
const SMALL: f64 = 0.3;

export function hyperbolicTangents(x: v128): v128 {
  const e = exponentials(f64x2.add(x, x));
  const far = f64x2.sub(f64x2.splat(1), f64x2.div(f64x2.splat(2), f64x2.add(e, f64x2.splat(1))));
  const square = f64x2.mul(x, x);
  let sum = f64x2.splat(-1382.0 / 155925);
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(62.0 / 2835));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(-17.0 / 315));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(2.0 / 15));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(-1.0 / 3));
  sum = f64x2.add(f64x2.mul(sum, square), f64x2.splat(1));
  return v128.bitselect(f64x2.mul(sum, x), far, f64x2.lt(f64x2.abs(x), f64x2.splat(SMALL)));
}

/**
 * `x·Φ(x)`, GELU. `Φ(−y) = e^(−y²/2)·Q(y)` for y ≥ 0, where `Q(y) = erfcx(y/√2)/2` is a polynomial of `1/(1 + y/4)`,
 * fitted to 1e-9 of Q for y up to 13.5. Beyond that, the result is 0 as a float32.
 */
export function normalGated(x: v128): v128 {
  const y = f64x2.abs(x);
  const t = f64x2.div(f64x2.splat(1), f64x2.add(f64x2.splat(1), f64x2.mul(y, f64x2.splat(0.25))));
  let sum = f64x2.splat(-0.012535106759948173);
  sum = f64x2.add(f64x2.mul(sum, t), f64x2.splat(0.09187549670691632));
  sum = f64x2.add(f64x2.mul(sum, t), f64x2.splat(-0.2616389636548616));
  sum = f64x2.add(f64x2.mul(sum, t), f64x2.splat(0.3552183530976445));
  sum = f64x2.add(f64x2.mul(sum, t), f64x2.splat(-0.26778805200186834));
  sum = f64x2.add(f64x2.mul(sum, t), f64x2.splat(0.20548180124683754));
  sum = f64x2.add(f64x2.mul(sum, t), f64x2.splat(0.0020527824487659337));
  sum = f64x2.add(f64x2.mul(sum, t), f64x2.splat(0.09669624451742397));
  sum = f64x2.add(f64x2.mul(sum, t), f64x2.splat(0.09093130812175315));
  sum = f64x2.add(f64x2.mul(sum, t), f64x2.splat(0.09998089535751126));
  sum = f64x2.add(f64x2.mul(sum, t), f64x2.splat(0.09972524137631075));
  const density = exponentials(f64x2.mul(f64x2.mul(y, y), f64x2.splat(-0.5)));
  const tail = f64x2.mul(density, f64x2.mul(sum, t));
  const share = v128.bitselect(tail, f64x2.sub(f64x2.splat(1), tail), f64x2.lt(x, f64x2.splat(0)));
  return f64x2.mul(x, share);
}
