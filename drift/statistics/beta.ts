/** The beta distribution: what exact intervals of a share take. */
import { exp, log, log1p, sin } from '../../base/math/index.js';

/** Lanczos' approximation with g = 7 and nine terms (P. Godfrey's coefficients): 15 digits for x > 0. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return log(Math.PI / sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  let sum = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (shifted + i);
  const t = shifted + 7.5;
  return 0.5 * log(2 * Math.PI) + (shifted + 0.5) * log(t) - t + log(sum);
}

const MOST_TERMS = 10_000;
const PRECISION = 1e-15;
const TINY = 1e-300;

/**
 * I_x(a, b), from 0 to 1, by Lentz's continued fraction (W. H. Press et al., Numerical Recipes, 3rd edition, 6.4).
 * @param a above 0 @param b above 0
 */
export function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // Not by calling itself: at the border, rounded, both ways may look like the longer one.
  return x > (a + 1) / (a + b + 2) ? 1 - continuedFraction(1 - x, b, a) : continuedFraction(x, a, b);
}

function continuedFraction(x: number, a: number, b: number): number {
  const scale = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x));
  const safe = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / safe(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let step = 1;
    for (const term of [even, odd]) {
      d = 1 / safe(1 + term * d);
      c = safe(1 + term / c);
      step = c * d;
      fraction *= step;
    }
    if (Math.abs(step - 1) < PRECISION) break;
  }
  return (scale * fraction) / a;
}

/** The x with I_x(a, b) = p, by halving: 50 steps leave 1e-15. */
export function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (regularizedBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
