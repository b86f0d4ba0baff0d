/** Random draws with replacement, and of shares that are themselves random. */
import type { Random } from '../../base/index.js';
import { exp, log, log1p, pow } from '../../base/math/index.js';
import { logFactorial } from './chi-square.js';

/** Below this mean, counting up from 0 is quicker than a hat. */
const FEW_GOOD = 10;

/**
 * Draws one binomial number: few by inversion (V. Kachitvichyanukul and B. Schmeiser, "Binomial random variate
 * generation", Communications of the ACM 31, 1988, BINV), many by transformed rejection (W. Hörmann, "The generation of
 * binomial random variates", J. Stat. Comput. Simul. 46, 1993, BTRS).
 * @param share chance of a good ball, 0 to 1
 */
export function drawBinomial(drawn: number, share: number, random: Random): number {
  if (drawn === 0 || share <= 0) return 0;
  if (share >= 1) return drawn;
  const rarer = Math.min(share, 1 - share);
  const found = drawn * rarer < FEW_GOOD ? byInversion(drawn, rarer, random) : byRejection(drawn, rarer, random);
  return share <= 0.5 ? found : drawn - found;
}

function byInversion(drawn: number, share: number, random: Random): number {
  const odds = share / (1 - share);
  for (;;) {
    let chance = exp(drawn * log1p(-share));
    let u = random.uniform();
    for (let k = 0; k <= drawn; k++) {
      if (u < chance) return k;
      u -= chance;
      chance *= (odds * (drawn - k)) / (k + 1);
    }
    // Rounding left a rest beyond the last number: draw again.
  }
}

function byRejection(drawn: number, share: number, random: Random): number {
  const deviation = Math.sqrt(drawn * share * (1 - share));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * share;
  const centre = drawn * share + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const logOdds = log(share / (1 - share));
  const mode = Math.floor((drawn + 1) * share);
  const atMode = logFactorial(mode) + logFactorial(drawn - mode);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const side = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / side + b) * u + centre);
    if (!(k >= 0 && k <= drawn)) continue;
    if (side >= 0.07 && v <= squeeze) return k;
    const hat = log((v * alpha) / (a / (side * side) + b));
    if (hat <= atMode - logFactorial(k) - logFactorial(drawn - k) + (k - mode) * logOdds) return k;
  }
}

/** Draws the counts of `drawn` rows (multinomial), bin by bin. @param shares sum to 1 @param into `[bins]` */
export function drawCounts(shares: ArrayLike<number>, drawn: number, random: Random, into: number[]): void {
  let left = 1;
  let toDraw = drawn;
  for (let i = 0; i < shares.length; i++) {
    const share = shares[i]!;
    const found = i === shares.length - 1 ? toDraw : drawBinomial(toDraw, Math.min(1, share / left), random);
    into[i] = found;
    toDraw -= found;
    left -= share;
  }
}

/**
 * Draws one gamma variable of scale 1 (G. Marsaglia and W. Tsang, "A simple method for generating gamma variables", ACM
 * TOMS 26, 2000).
 * @param shape above 0
 */
export function drawGamma(shape: number, random: Random): number {
  if (shape < 1) return drawGamma(shape + 1, random) * pow(1 - random.uniform(), 1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const t = 1 + c * x;
    if (t <= 0) continue;
    const v = t * t * t;
    const u = 1 - random.uniform();
    if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
  }
}

/** Draws shares that sum to 1 (Dirichlet). @param weights `[bins]`, above 0 @param into `[bins]` */
export function drawShares(weights: ArrayLike<number>, random: Random, into: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const drawn = drawGamma(weights[i]!, random);
    into[i] = drawn;
    sum += drawn;
  }
  for (let i = 0; i < weights.length; i++) into[i]! /= sum;
}

// Random draws without replacement. If nothing has changed, a window's counts are such a draw from the pooled counts:
// every choice of `drawn` rows is equally likely.

/** Below this number an urn is emptied ball by ball, which is exact and no slower. */
const FEW = 10;

/** Constants of the ratio-of-uniforms hat: 2 sqrt(2 / e) and 3 - 2 sqrt(3 / e). */
const HAT_SCALE = 1.7155277699214135;
const HAT_OFFSET = 0.8989161620588988;
/** The hat is cut off this many standard deviations from the mean. The chance beyond is below 1e-50. */
const CUT_OFF = 16;

/** Draws one hypergeometric number. @param good,bad balls of each kind @param drawn from 0 to `good + bad` */
export function drawHypergeometric(good: number, bad: number, drawn: number, random: Random): number {
  const all = good + bad;
  const fewerDrawn = Math.min(drawn, all - drawn);
  const rarer = Math.min(good, bad);
  // Counts the rarer kind in the smaller part of the pool. The other three counts follow from it.
  const found =
    Math.min(fewerDrawn, rarer) < FEW
      ? drawFew(Math.min(fewerDrawn, rarer), Math.max(fewerDrawn, rarer), all, random)
      : drawByRatio(rarer, all, fewerDrawn, random);
  const goodFound = good <= bad ? found : fewerDrawn - found;
  return fewerDrawn === drawn ? goodFound : good - goodFound;
}

/** Draws one by one. `good` and `drawn` can be exchanged, so the smaller of them is drawn. */
function drawFew(drawn: number, good: number, all: number, random: Random): number {
  let goodLeft = good;
  for (let i = 0; i < drawn; i++) {
    if (random.uniform() * (all - i) < goodLeft) goodLeft--;
  }
  return good - goodLeft;
}

/** Ratio of uniforms: HRUA (E. Stadlober, J. Comput. Appl. Math. 31, 1990), as NumPy's legacy generator has it. */
function drawByRatio(rarer: number, all: number, drawn: number, random: Random): number {
  const commoner = all - rarer;
  const share = rarer / all;
  const centre = drawn * share + 0.5;
  const deviation = Math.sqrt(((all - drawn) * drawn * share * (1 - share)) / (all - 1) + 0.5);
  const width = HAT_SCALE * deviation + HAT_OFFSET;
  const mode = Math.floor(((drawn + 1) * (rarer + 1)) / (all + 2));
  const logOf = (x: number) =>
    logFactorial(x) + logFactorial(rarer - x) + logFactorial(drawn - x) + logFactorial(commoner - drawn + x);
  const atMode = logOf(mode);
  const end = Math.min(Math.min(drawn, rarer) + 1, Math.floor(centre + CUT_OFF * deviation));
  for (;;) {
    const u = random.uniform();
    const x = centre + (width * (random.uniform() - 0.5)) / u;
    if (!(x >= 0 && x < end)) continue;
    const k = Math.floor(x);
    const logRatio = atMode - logOf(k);
    if (u * (4 - u) - 3 <= logRatio) return k;
    if (u * (u - logRatio) >= 1) continue;
    if (2 * log(u) <= logRatio) return k;
  }
}

/** Draws `drawn` balls, colour by colour: each count is hypergeometric given those before. @param into `[colours]` */
export function drawFromPool(pool: readonly number[], drawn: number, random: Random, into: Float64Array | number[]) {
  let left = 0;
  for (const count of pool) left += count;
  let toDraw = drawn;
  for (let i = 0; i < pool.length; i++) {
    const count = pool[i]!;
    left -= count;
    const found = drawHypergeometric(count, left, toDraw, random);
    into[i] = found;
    toDraw -= found;
  }
}
