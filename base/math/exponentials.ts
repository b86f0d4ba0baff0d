import { highOf, scaled, withHigh } from './words.js';

/** ln 2 in two parts: products of the first with an exponent are exact. */
const [LN2_HIGH, LN2_LOW] = [0.6931471803691238, 1.9082149292705877e-10];
const [MOST, LEAST] = [709.782712893384, -745.1332191019411];

export function exp(x: number): number {
  if (!(x <= MOST)) return x > MOST ? Number.POSITIVE_INFINITY : x;
  if (x < LEAST) return 0;
  // The last bit would be wrong.
  if (x === 1) return Math.E;
  const size = highOf(x) & 0x7fffffff;
  if (size < 0x3e300000) return 1 + x;
  let n = 0;
  if (size >= 0x3ff0a2b2) n = Math.trunc(Math.LOG2E * x + (x < 0 ? -0.5 : 0.5));
  else if (size > 0x3fd62e42) n = x < 0 ? -1 : 1;
  const [high, low] = [x - n * LN2_HIGH, n * LN2_LOW];
  const rest = high - low;
  const c = rest - rest * rest * exponentialSeries(rest * rest);
  if (n === 0) return 1 - ((rest * c) / (c - 2) - rest);
  return scaled(1 - (low - (rest * c) / (2 - c) - high), n);
}

/** The series in `x·(eˣ + 1) / (eˣ − 1) = 2 + t·series(t)`, where `t = x²`. */
export function exponentialSeries(t: number): number {
  const last = -1.6533902205465252e-6 + t * 4.1381367970572385e-8;
  const first = 0.16666666666666602;
  return first + t * (-0.0027777777777015593 + t * (6.613756321437934e-5 + t * last));
}

/** `eˣ − 1`, to 2 ulp (W. Kahan). */
export function expm1(x: number): number {
  const power = exp(x);
  if (power === 1) return x;
  return x > MOST || power - 1 === -1 ? power - 1 : ((power - 1) * x) / log(power);
}

export function tanh(x: number): number {
  const size = Math.abs(x);
  if (size >= 1) return Math.sign(x) * (1 - 2 / (exp(2 * size) + 1));
  const fall = expm1(-2 * size);
  return x === 0 ? x : (Math.sign(x) * -fall) / (fall + 2);
}

/** Coefficients of `log((1 + s) / (1 − s))` in powers of s². */
const [LOG_1, LOG_2, LOG_3, LOG_4] = [0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784];
const [LOG_5, LOG_6, LOG_7] = [0.1818357216161805, 0.15313837699209373, 0.14798198605116586];

export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const isSubnormal = x < 2 ** -1022;
  const normal = isSubnormal ? x * 2 ** 54 : x;
  const high = highOf(normal);
  const fraction = high & 0x000fffff;
  // 1 + f is in [√½, √2).
  const carry = (fraction + 0x95f64) & 0x100000;
  const f = withHigh(normal, fraction | (carry ^ 0x3ff00000)) - 1;
  const n = (high >> 20) - 1023 + (carry >> 20) - (isSubnormal ? 54 : 0);
  if ((0x000fffff & (2 + fraction)) < 3) {
    if (f === 0) return n * LN2_HIGH + n * LN2_LOW;
    const square = f * f * (0.5 - 0.3333333333333333 * f);
    return n * LN2_HIGH - (square - n * LN2_LOW - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (LOG_2 + w * (LOG_4 + w * LOG_6));
  const series = even + z * (LOG_1 + w * (LOG_3 + w * (LOG_5 + w * LOG_7)));
  if (((fraction - 0x6147a) | (0x6b851 - fraction)) <= 0) return n * LN2_HIGH - (s * (f - series) - n * LN2_LOW - f);
  const half = 0.5 * f * f;
  return n * LN2_HIGH - (half - (s * (half + series) + n * LN2_LOW) - f);
}

/** `log(1 + x)`. */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? Number.NEGATIVE_INFINITY : Number.NaN;
  const size = highOf(x) & 0x7fffffff;
  if (size < 0x3e200000) return size < 0x3c900000 ? x : x - x * x * 0.5;
  if (size >= 0x7ff00000) return x;
  // 1 + x = 2ⁿ·(1 + f), rounded; `error` is what was lost.
  let [n, f, error, fraction] = [0, x, 0, 1];
  if (x >= 0 ? size >= 0x3fda827a : size > 0x3fd2bec4) {
    const sum = size < 0x43400000 ? 1 + x : x;
    const high = highOf(sum);
    n = (high >> 20) - 1023;
    if (sum !== x) error = (n > 0 ? 1 - (sum - x) : x - (sum - 1)) / sum;
    fraction = high & 0x000fffff;
    const carry = fraction < 0x6a09e ? 0 : 1;
    f = withHigh(sum, fraction | (0x3ff00000 - (carry << 20))) - 1;
    if (carry === 1) [n, fraction] = [n + 1, (0x00100000 - fraction) >> 2];
  }
  const low = n === 0 ? 0 : n * LN2_LOW + error;
  const half = 0.5 * f * f;
  if (fraction === 0) {
    if (f === 0) return n * LN2_HIGH + low;
    return n * LN2_HIGH - (half * (1 - 0.6666666666666666 * f) - low - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const rest = LOG_4 + z * (LOG_5 + z * (LOG_6 + z * LOG_7));
  const series = z * (LOG_1 + z * (LOG_2 + z * (LOG_3 + z * rest)));
  return n * LN2_HIGH - (half - (s * (half + series) + low) - f);
}

export function asinh(x: number): number {
  const [size, square] = [Math.abs(x), x * x];
  if (!(size >= 2 ** -28 && size < Number.POSITIVE_INFINITY)) return x;
  let value = log1p(size + square / (1 + Math.sqrt(1 + square)));
  if (size > 2 ** 28) value = log(size) + Math.LN2;
  else if (size > 2) value = log(2 * size + 1 / (Math.sqrt(square + 1) + size));
  return Math.sign(x) * value;
}
