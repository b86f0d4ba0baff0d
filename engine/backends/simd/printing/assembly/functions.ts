/**
 * Elementary functions in float64, without tables. Rounded to float32, their results are within 0.51 units in the last
 * place of the true ones; sine and cosine for arguments up to 10⁹.
 */

const LN2: f64 = Math.LN2;
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const TERMS = 14;

/** `eˣ`. */
export function exponential(x: f64): f64 {
  if (Number.isNaN(x)) return x;
  const bounded = min(max(x, -746.0), 710.0);
  const n = nearest(bounded * Math.LOG2E);
  const r = bounded - n * LN2_HIGH - n * LN2_LOW;
  let sum: f64 = 1;
  for (let k: f64 = TERMS; k > 0; k -= 1) sum = 1 + (sum * r) / k;
  const half = nearest(n / 2);
  return sum * powerOfTwo(half) * powerOfTwo(n - half);
}

function powerOfTwo(n: f64): f64 {
  return reinterpret<f64>((<u64>(<i64>n + 1023)) << 52);
}

/** `eˣ − 1`. */
export function exponentialMinus1(x: f64): f64 {
  if (abs(x) > 0.35) return exponential(x) - 1;
  let sum: f64 = 1;
  for (let k: f64 = TERMS; k > 1; k -= 1) sum = 1 + (sum * x) / k;
  return sum * x;
}

/** The natural logarithm of a float32. */
export function logarithm(x: f64): f64 {
  if (Number.isNaN(x) || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  const bits = reinterpret<u64>(x);
  let exponent = <f64>(<i64>((bits >> 52) & 0x7ff) - 1023);
  let mantissa = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (mantissa > Math.SQRT2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  return exponent * LN2 + twiceArtanh((mantissa - 1) / (mantissa + 1));
}

/** `ln(1 + y)`, for y from 0 to 1. */
function logarithmOf1Plus(y: f64): f64 {
  return twiceArtanh(y / (2 + y));
}

/** For |s| up to 1/3. */
function twiceArtanh(s: f64): f64 {
  const square = s * s;
  let sum: f64 = 0;
  for (let k: f64 = 37; k > 0; k -= 2) sum = 1 / k + sum * square;
  return 2 * s * sum;
}

/** -1 or 1; 0 and NaN as they are. */
export function signOf(x: f64): f64 {
  return x === 0 || Number.isNaN(x) ? x : copysign(1, x);
}

export function sigmoid(x: f64): f64 {
  return 1 / (1 + exponential(-x));
}

/** `ln(1 + eˣ)`. */
export function softplus(x: f64): f64 {
  return max(x, 0) + logarithmOf1Plus(exponential(-abs(x)));
}

export function hyperbolicTangent(x: f64): f64 {
  const t = exponentialMinus1(2 * min(abs(x), 30.0));
  return copysign(t / (t + 2), x);
}

const SQRT_PI: f64 = 1.7724538509055159;

/** The series near 0, and beyond it the continued fraction, as in `graph/operations/expression.ts`. */
export function errorFunction(x: f64): f64 {
  if (Number.isNaN(x)) return x;
  const z = abs(x);
  if (z > 6) return copysign(1, x);
  if (z > 2.5) return copysign(1 - (exponential(-z * z) / SQRT_PI) * fraction(z), x);
  let term = z;
  let sum = z;
  for (let n: f64 = 1; abs(term) > 1e-17 * sum; n += 1) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return copysign((2 * sum) / SQRT_PI, x);
}

function fraction(z: f64): f64 {
  let tail = z;
  for (let k: f64 = 60; k > 0; k -= 1) tail = z + k / 2 / tail;
  return 1 / tail;
}

/** π/2 in three parts, the first two of 33 bits. */
const QUARTER_HIGH: f64 = 1.5707963267341256;
const QUARTER_MIDDLE: f64 = 6.077100506303966e-11;
const QUARTER_LOW: f64 = 2.0222662487959506e-21;

export function sine(x: f64): f64 {
  return turned(x, 0);
}

export function cosine(x: f64): f64 {
  return turned(x, 1);
}

/** The sine of so many quarters of a circle more than `x`. */
function turned(x: f64, quarters: i64): f64 {
  const n = nearest(x * (2 / Math.PI));
  const r = x - n * QUARTER_HIGH - n * QUARTER_MIDDLE - n * QUARTER_LOW;
  const quadrant = (<i64>n + quarters) & 3;
  const first: f64 = (quadrant & 1) === 0 ? 17 : 16;
  let sum: f64 = 1;
  for (let k: f64 = first; k > 1; k -= 2) sum = 1 - (sum * r * r) / (k * (k - 1));
  const value = (quadrant & 1) === 0 ? sum * r : sum;
  return quadrant < 2 ? value : -value;
}

/** `x` to the power of `y`. */
export function power(x: f64, y: f64): f64 {
  if (y === 0) return 1;
  const isWhole = trunc(y) === y;
  const isOdd = isWhole && trunc(y / 2) * 2 !== y;
  if (x < 0 && !isWhole) return NaN;
  const size = exponential(y * logarithm(abs(x)));
  return isOdd ? copysign(size, x) : size;
}
