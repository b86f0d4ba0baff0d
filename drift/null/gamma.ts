/**
 * The gamma function: incomplete, for chi-square probabilities, and as factorials, for probabilities of drawn counts.
 */

/** Lanczos' approximation with g = 7 and nine terms (P. Godfrey's coefficients): 15 digits for x > 0. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  let sum = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (shifted + i);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
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
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
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
for (let n = 1; n < TABLE.length; n++) TABLE[n] = TABLE[n - 1]! + Math.log(n);

const HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * ln n! for whole n, from a table. Beyond it, Stirling's series (Abramowitz and Stegun, 6.1.41) is exact to the last
 * digits.
 */
export function logFactorial(n: number): number {
  if (n < TABLE.length) return TABLE[n]!;
  const inverse = 1 / n;
  return (n + 0.5) * Math.log(n) - n + HALF_LOG_2_PI + inverse * (1 / 12 - (inverse * inverse) / 360);
}
