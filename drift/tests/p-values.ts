import { exp, log } from '../../base/math/index.js';
import { logFactorial } from '../null/chi-square.js';

/**
 * Holm's adjustment: controls the chance of any false claim (S. Holm, Scand. J. Statist. 6, 1979). It is valid for
 * dependent tests, and never weaker than Bonferroni's.
 * @returns in the order given
 */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, index) => index).sort((a, b) => p[a]! - p[b]!);
  const adjusted = new Array<number>(p.length).fill(1);
  let largest = 0;
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * p[index]!));
    adjusted[index] = largest;
  }
  return adjusted;
}

/**
 * Benjamini and Hochberg's adjustment: of tests called significant at alpha, on average at most the share alpha is so
 * wrongly (J. R. Stat. Soc. B 57, 1995), also where tests share a baseline (Benjamini and Yekutieli, Ann. Stat. 29,
 * 2001).
 * @param ps p-values; null where there is none
 * @returns in the same order: min over k >= rank of p(k) · tests / k, at most 1; null where there was none
 */
export function benjaminiHochberg(ps: readonly (number | null)[]): (number | null)[] {
  const tests = ps.flatMap((p, i) => (p === null ? [] : [{ p, i }])).sort((a, b) => b.p - a.p);
  const adjusted = new Array<number | null>(ps.length).fill(null);
  let least = 1;
  for (const [place, { p, i }] of tests.entries()) {
    // In this order, no rounding makes it smaller than p.
    least = Math.min(least, p * (tests.length / (tests.length - place)));
    adjusted[i] = least;
  }
  return adjusted;
}

// Fisher's exact test of two shares: given both totals, the count of one set is hypergeometric without a difference.

/**
 * Two-sided p-value of `a` of `m` against `b` of `n`: the probability of all tables with the same margins that are at
 * most as probable (as R's and SciPy's `fisher_exact`).
 * @param a,m,b,n whole numbers, a ≤ m, b ≤ n
 */
export function fisherExactP(a: number, m: number, b: number, n: number): number {
  const marked = a + b;
  const [least, most] = [Math.max(0, marked - n), Math.min(m, marked)];
  if (least === most) return 1;
  const mode = Math.min(most, Math.max(least, Math.floor(((m + 1) * (marked + 1)) / (m + n + 2))));
  /** P(x + 1) / P(x). */
  const ratio = (x: number) => ((m - x) * (marked - x)) / ((x + 1) * (n - marked + x + 1));
  const above = falling(most - mode, (step) => ratio(mode + step));
  const below = falling(mode - least, (step) => 1 / ratio(mode - step - 1));
  const seen = (a >= mode ? above[a - mode] : below[mode - a]) ?? 0;
  // Rounding must not tell equally likely tables apart.
  const limit = seen * (1 + 1e-7);
  let [all, extreme] = [0, 0];
  for (const weight of above.concat(below.slice(1))) {
    all += weight;
    if (weight <= limit) extreme += weight;
  }
  return extreme / all;
}

/** Probabilities relative to the mode's, in one direction until they underflow: only possible counts are visited. */
function falling(steps: number, ratio: (step: number) => number): number[] {
  const weights = [1];
  for (let step = 0; step < steps; step++) {
    const weight = weights[step]! * ratio(step);
    if (weight < 1e-300) break;
    weights.push(weight);
  }
  return weights;
}

/** One-sided: the chance of `a` or more of the `a + b` among the `m`, dealt at random. @param a,m,b,n as above */
export function upperHypergeometricP(a: number, m: number, b: number, n: number): number {
  const marked = a + b;
  if (a <= Math.max(0, marked - n)) return 1;
  const ratio = (x: number) => ((m - x) * (marked - x)) / ((x + 1) * (n - marked + x + 1));
  let [weight, sum] = [1, 1];
  for (let x = a; x < Math.min(m, marked) && weight > 1e-17 * sum; x++) {
    weight *= ratio(x);
    sum += weight;
  }
  const first = logChoose(m, a) + logChoose(n, b) - logChoose(m + n, marked);
  return Math.min(1, Math.max(LEAST_P, exp(first + log(sum))));
}

/** A chance is never none, however small. */
const LEAST_P = 1e-300;

function logChoose(all: number, some: number): number {
  return logFactorial(all) - logFactorial(some) - logFactorial(all - some);
}
