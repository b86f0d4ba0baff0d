/**
 * Limits of a multivariate exponentially weighted mean, so that of quiet windows a given share alarm at each step.
 *
 * Residuals are independent and normal of unit variance in d dimensions. E' = (1 − λ) E + λ r, so the squared length of
 * E' / λ, given E, is noncentral chi-square with d degrees of freedom and noncentrality |(1 − λ) E / λ|². The length is a
 * Markov chain in one dimension, whose density is followed from E = 0 over Gauss-Legendre nodes (the integral equation
 * of S. E. Rigdon, Journal of Statistical Computation and Simulation 52, 1995). At each step, the limit is where the
 * wanted share of what has not alarmed before lies above it. So an alarm within n quiet steps has the probability
 * 1 − exp(−n · rate), not only in the mean.
 */
import { cos, exp, expm1, log } from '../base/math/index.js';
import { logGamma, noncentralChiSquareCdf } from '../drift/index.js';

/** The weight of the newest residual, a mean over about 12 windows: with 0.1, a jump of noncentrality 4 took a day more. */
export const WEIGHT = 0.15;
/** Variance of each coordinate of the weighted mean after many steps. */
export const SETTLED_VARIANCE = WEIGHT / (2 - WEIGHT);

const NODES = 28;
const MOST_STEPS = 150;
/** A limit that moves by less than this share is settled. */
const SETTLED = 1e-5;

export class Limits {
  readonly #steps: number[];

  /** @param size dimensions d @param rate alarms a step in quiet, above 0 */
  constructor(size: number, rate: number) {
    this.#steps = limitsOf(size, -expm1(-rate));
  }

  /** @param step from 1 @returns the limit of |E|² / `SETTLED_VARIANCE` */
  at(step: number): number {
    return this.#steps[Math.min(step, this.#steps.length) - 1]!;
  }
}

const known = new Map<string, Limits>();

/** The same limits are computed once. */
export function limitsFor(size: number, rate: number): Limits {
  const name = `${size} ${rate}`;
  const found = known.get(name) ?? new Limits(size, rate);
  known.set(name, found);
  return found;
}

function limitsOf(size: number, share: number): number[] {
  const scale = WEIGHT ** 2 / SETTLED_VARIANCE;
  const limits: number[] = [];
  /** Lengths of E / λ, and how probable each is without an alarm before. */
  let nodes: Node[] = [{ length: 0, mass: 1 }];
  for (let step = 0; step < MOST_STEPS; step++) {
    const end = endAbove(nodes, size, share, limits.length === 0 ? Math.sqrt(size) : Math.sqrt(limits.at(-1)! / scale));
    const limit = scale * end ** 2;
    const before = limits.at(-1);
    limits.push(limit);
    if (before !== undefined && Math.abs(limit - before) < SETTLED * before) break;
    nodes = moved(nodes, size, end);
  }
  return limits;
}

interface Node {
  length: number;
  mass: number;
}

function noncentralityAfter({ length }: Node): number {
  return ((1 - WEIGHT) * length) ** 2;
}

/** The length that is exceeded with the wanted probability: by secants of its logarithm, which is nearly a parabola. */
function endAbove(nodes: readonly Node[], size: number, share: number, guess: number): number {
  const whole = nodes.reduce((sum, { mass }) => sum + mass, 0);
  const excess = (end: number) => {
    const above = nodes.reduce((sum, node) => {
      return sum + node.mass * (1 - noncentralChiSquareCdf(end ** 2, size, noncentralityAfter(node)));
    }, 0);
    return log(Math.max(above, TINY) / (share * whole));
  };
  let [low, high] = [guess, guess + STEP];
  let [atLow, atHigh] = [excess(low), excess(high)];
  for (let i = 0; i < MOST_SECANTS && Math.abs(atHigh) > PRECISION; i++) {
    const next = high - (atHigh * (high - low)) / (atHigh - atLow);
    [low, atLow] = [high, atHigh];
    // A secant through two points far below may point anywhere.
    high = Math.max(0.5 * low, Math.min(2 * low + 1, next));
    atHigh = excess(high);
  }
  return high;
}

const TINY = 1e-300;
const STEP = 0.5;
const MOST_SECANTS = 50;
/** A share of an alarm's probability. */
const PRECISION = 1e-6;

function moved(nodes: readonly Node[], size: number, end: number): Node[] {
  const whole = nodes.reduce((sum, { mass }) => sum + mass, 0);
  return legendre(NODES).map(({ place, weight }) => {
    const length = ((place + 1) * end) / 2;
    const density = nodes.reduce(
      (sum, node) => sum + node.mass * noncentralChiSquareDensity(length ** 2, size, noncentralityAfter(node)),
      0,
    );
    // From squares to lengths.
    return { length, mass: (density * 2 * length * weight * end) / 2 / whole };
  });
}

/** Central densities, mixed by Poisson weights, from the largest outwards. */
function noncentralChiSquareDensity(x: number, df: number, noncentrality: number): number {
  const rate = noncentrality / 2;
  const half = x / 2;
  // Where the terms of the mixture are largest: j (j + df / 2) = rate · half.
  const start = Math.max(0, Math.floor((Math.sqrt((df / 2) ** 2 + 4 * rate * half) - df / 2) / 2));
  const largest = exp(
    (start === 0 ? 0 : start * log(rate)) -
      rate -
      logGamma(start + 1) +
      (df / 2 + start - 1) * log(half) -
      half -
      logGamma(df / 2 + start),
  );
  let sum = largest;
  for (let j = start + 1, term = largest; term > sum * 1e-14 && rate > 0; j++) {
    term *= (rate * half) / (j * (df / 2 + j - 1));
    sum += term;
  }
  for (let j = start, term = largest; j > 0 && term > sum * 1e-14; j--) {
    term *= (j * (df / 2 + j - 1)) / (rate * half);
    sum += term;
  }
  return sum / 2;
}

interface Quadrature {
  place: number;
  weight: number;
}

const rules = new Map<number, Quadrature[]>();

/** Gauss-Legendre nodes on −1 to 1, by Newton's method (Numerical Recipes, 4.6). */
export function legendre(count: number): Quadrature[] {
  const known = rules.get(count);
  if (known !== undefined) return known;
  const rule = Array.from({ length: count }, (_, i) => {
    let place = cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let round = 0; round < 100; round++) {
      let [p, before] = [1, 0];
      for (let j = 0; j < count; j++) [p, before] = [((2 * j + 1) * place * p - j * before) / (j + 1), p];
      slope = (count * (place * p - before)) / (place ** 2 - 1);
      const step = p / slope;
      place -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    return { place, weight: 2 / ((1 - place ** 2) * slope ** 2) };
  });
  rules.set(count, rule);
  return rule;
}
