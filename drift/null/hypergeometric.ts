/**
 * Draws without replacement: how many of the drawn balls are good, and how many are of each colour.
 *
 * What a window's counts are without drift, given the pooled counts: every choice of `drawn` rows from the pool is as
 * likely as any other.
 */
import type { Random } from '../../random/index.js';
import { logFactorial } from './gamma.js';

/** Below this an urn is emptied ball by ball: exact, and then no slower. */
const FEW = 10;

/** 2 sqrt(2 / e) and 3 - 2 sqrt(3 / e): of the ratio-of-uniforms hat. */
const HAT_SCALE = 1.7155277699214135;
const HAT_OFFSET = 0.8989161620588988;
/** The hat is cut off so many standard deviations from the mean: the chance beyond is below 1e-50. */
const CUT_OFF = 16;

/**
 * One hypergeometric number.
 * @param good,bad balls of each kind, whole numbers
 * @param drawn from 0 to `good + bad`
 */
export function drawHypergeometric(good: number, bad: number, drawn: number, random: Random): number {
  const all = good + bad;
  const fewerDrawn = Math.min(drawn, all - drawn);
  const rarer = Math.min(good, bad);
  // Of the smaller part of the pool, how many are of the rarer kind: from it the other three follow.
  const found =
    Math.min(fewerDrawn, rarer) < FEW
      ? drawFew(Math.min(fewerDrawn, rarer), Math.max(fewerDrawn, rarer), all, random)
      : drawByRatio(rarer, all, fewerDrawn, random);
  const goodFound = good <= bad ? found : fewerDrawn - found;
  return fewerDrawn === drawn ? goodFound : good - goodFound;
}

/** The distribution is the same with `good` and `drawn` exchanged: the fewer are drawn from an urn with the more good. */
function drawFew(drawn: number, good: number, all: number, random: Random): number {
  let goodLeft = good;
  for (let i = 0; i < drawn; i++) {
    if (random.uniform() * (all - i) < goodLeft) goodLeft--;
  }
  return good - goodLeft;
}

/**
 * Ratio of uniforms with a squeeze: algorithm HRUA of E. Stadlober, "The ratio of uniforms approach for generating
 * discrete random variates" (J. Comput. Appl. Math. 31, 1990), as in NumPy's legacy generator.
 */
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
    if (2 * Math.log(u) <= logRatio) return k;
  }
}

/**
 * Draws `drawn` balls from a pool of several colours, colour by colour (each is hypergeometric given those before).
 * @param into `[colours]`: filled with how many of each were drawn
 */
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
