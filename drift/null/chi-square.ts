/** The chi-square distribution: a squared distance of histograms times its rows follows it approximately. */
import { exp, log, pow } from '../../base/math/index.js';
import { logGamma } from '../statistics/beta.js';

/** P(X <= x) for a central chi-square variable; `df` is above 0 and need not be whole. */
export function chiSquareCdf(x: number, df: number): number {
  return regularizedGamma(df / 2, x / 2);
}

/** The x with P(X <= x) = p, for 0 < p < 1. */
export function chiSquareQuantile(p: number, df: number): number {
  return whereItCrosses((x) => chiSquareCdf(x, df) - p, df);
}

/** From this mean on, sums would need thousands of terms, and the normal approximation errs by less than 1e-6. */
const LARGE_MEAN = 100_000;

/** P(X <= x) for a noncentral chi-square variable; `noncentrality` is 0 or more. */
export function noncentralChiSquareCdf(x: number, df: number, noncentrality: number): number {
  if (x <= 0) return 0;
  if (df + noncentrality >= LARGE_MEAN) return approximateCdf(x, df, noncentrality);
  return noncentrality === 0 ? chiSquareCdf(x, df) : mixedChiSquareCdf(x, df, noncentrality);
}

/**
 * Central chi-square probabilities, mixed by Poisson weights and summed outwards from the largest weight (D. Benton and
 * K. Krishnamoorthy, Computational Statistics & Data Analysis 43, 2003).
 */
function mixedChiSquareCdf(x: number, df: number, noncentrality: number): number {
  const rate = noncentrality / 2;
  const start = Math.floor(rate);
  const weight = exp(-rate + start * log(rate) - logGamma(start + 1));
  const half = x / 2;
  const central = regularizedGamma(df / 2 + start, half);
  // P(a + 1, x) = P(a, x) - x^a e^-x / Γ(a + 1): the step between neighbours.
  const step = exp((df / 2 + start) * log(half) - half - logGamma(df / 2 + start + 1));

  let sum = weight * central;
  let [w, c, s] = [weight, central, step];
  for (let j = start + 1; w > weight * NEGLIGIBLE && c > 0; j++) {
    w *= rate / j;
    c = Math.max(0, c - s);
    s *= half / (df / 2 + j);
    sum += w * c;
  }
  [w, c, s] = [weight, central, step];
  for (let j = start; j > 0 && w > weight * NEGLIGIBLE; j--) {
    w *= j / rate;
    s *= (df / 2 + j) / half;
    c = Math.min(1, c + s);
    sum += w * c;
  }
  return Math.min(1, sum);
}

const NEGLIGIBLE = 1e-17;

/** A power of x that is nearly normal (M. Sankaran, Biometrika 50, 1963). */
function approximateCdf(x: number, df: number, noncentrality: number): number {
  const mean = df + noncentrality;
  const spread = df + 2 * noncentrality;
  // In ratios, since squares of what is huge overflow.
  const h = 1 - ((2 / 3) * (mean / spread) * (df + 3 * noncentrality)) / spread;
  const p = spread / mean / mean;
  const m = (h - 1) * (1 - 3 * h);
  const centre = 1 + h * p * (h - 1 - 0.5 * (2 - h) * m * p);
  return normalCdf((pow(x / mean, h) - centre) / (h * Math.sqrt(2 * p) * (1 + 0.5 * m * p)));
}

/** The square of a normal variable is chi-square with one degree of freedom. */
function normalCdf(z: number): number {
  const within = chiSquareCdf(z * z, 1);
  return z < 0 ? 0.5 * (1 - within) : 0.5 * (1 + within);
}

/** The x with P(X <= x) = p for a noncentral chi-square variable, 0 < p < 1. */
export function noncentralChiSquareQuantile(p: number, df: number, noncentrality: number): number {
  return whereItCrosses((x) => noncentralChiSquareCdf(x, df, noncentrality) - p, df + noncentrality);
}

/** The noncentrality with P(X <= x) = p, which falls as it grows; 0 if the probability is at most p even at 0. */
export function noncentralityFor(x: number, df: number, p: number): number {
  if (noncentralChiSquareCdf(x, df, 0) <= p) return 0;
  return whereItCrosses((noncentrality) => p - noncentralChiSquareCdf(x, df, noncentrality), x + df);
}

/** The point, from 0 up, where a rising function crosses 0: found by doubling, then by halving to the last digits. */
function whereItCrosses(rising: (x: number) => number, guess: number): number {
  let low = 0;
  let high = Math.max(guess, 1e-6);
  while (rising(high) < 0) {
    low = high;
    high *= 2;
  }
  for (let i = 0; i < 200 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const MOST_TERMS = 100_000;
const PRECISION = 1e-16;

/**
 * P(a, x) = γ(a, x) / Γ(a), from 0 to 1: by its series below a + 1, by Lentz's continued fraction above
 * (W. H. Press et al., Numerical Recipes, 3rd edition, 6.2).
 * @param a above 0
 * @param x 0 or more
 */
export function regularizedGamma(a: number, x: number): number {
  if (x <= 0) return 0;
  const scale = exp(a * log(x) - x - logGamma(a));
  return x < a + 1 ? scale * series(a, x) : 1 - scale * continuedFraction(a, x);
}

function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < MOST_TERMS && term > sum * PRECISION; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function continuedFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < MOST_TERMS; i++) {
    const numerator = -i * (i - a);
    b += 2;
    d = numerator * d + b;
    if (Math.abs(d) < tiny) d = tiny;
    c = b + numerator / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    h *= d * c;
    if (Math.abs(d * c - 1) <= PRECISION) break;
  }
  return h;
}

const TABLE = new Float64Array(4096);
for (let n = 1; n < TABLE.length; n++) TABLE[n] = TABLE[n - 1]! + log(n);

const HALF_LOG_2_PI = 0.5 * log(2 * Math.PI);

/** ln n! for whole n: a table, then Stirling's series (Abramowitz and Stegun, 6.1.41), exact to the last digits. */
export function logFactorial(n: number): number {
  if (n < TABLE.length) return TABLE[n]!;
  const inverse = 1 / n;
  return (n + 0.5) * log(n) - n + HALF_LOG_2_PI + inverse * (1 / 12 - (inverse * inverse) / 360);
}
