/**
 * The chi-square distribution, central and noncentral. A squared distance of histograms times its rows follows it
 * approximately.
 */
import { logGamma, regularizedGamma } from './gamma.js';

/** P(X <= x) for a central chi-square variable; `df` is above 0 and need not be whole. */
export function chiSquareCdf(x: number, df: number): number {
  return regularizedGamma(df / 2, x / 2);
}

/** The x with P(X <= x) = p, for 0 < p < 1. */
export function chiSquareQuantile(p: number, df: number): number {
  return whereItCrosses((x) => chiSquareCdf(x, df) - p, df);
}

/**
 * From this mean on, the sums would need thousands of terms, and the normal approximation has an error below 1e-6. The
 * limit also keeps every sum short, whatever the arguments are.
 */
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
  const weight = Math.exp(-rate + start * Math.log(rate) - logGamma(start + 1));
  const half = x / 2;
  const central = regularizedGamma(df / 2 + start, half);
  // P(a + 1, x) = P(a, x) - x^a e^-x / Γ(a + 1): the step between neighbours.
  const step = Math.exp((df / 2 + start) * Math.log(half) - half - logGamma(df / 2 + start + 1));

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

/**
 * A power of x that is nearly normal (M. Sankaran, "Approximations to the non-central chi-square distribution",
 * Biometrika 50, 1963).
 */
function approximateCdf(x: number, df: number, noncentrality: number): number {
  const mean = df + noncentrality;
  const spread = df + 2 * noncentrality;
  // In ratios, since squares of what is huge overflow.
  const h = 1 - ((2 / 3) * (mean / spread) * (df + 3 * noncentrality)) / spread;
  const p = spread / mean / mean;
  const m = (h - 1) * (1 - 3 * h);
  const centre = 1 + h * p * (h - 1 - 0.5 * (2 - h) * m * p);
  return normalCdf(((x / mean) ** h - centre) / (h * Math.sqrt(2 * p) * (1 + 0.5 * m * p)));
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

/**
 * The noncentrality with P(X <= x) = p. The probability falls as the noncentrality grows; if it is at most p even at 0,
 * the result is 0.
 */
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
