/**
 * Random draws without replacement: how many of the drawn balls are good, or how many have each colour.
 *
 * Given the pooled counts, a window's counts are such a draw if nothing has changed: every choice of `drawn` rows from
 * the pool is as likely as any other.
 */
import type { Random } from '../../base/index.js';
import { logFactorial } from './gamma.js';

/** Below this number an urn is emptied ball by ball, which is exact and no slower. */
const FEW = 10;

/** Constants of the ratio-of-uniforms hat: 2 sqrt(2 / e) and 3 - 2 sqrt(3 / e). */
const HAT_SCALE = 1.7155277699214135;
const HAT_OFFSET = 0.8989161620588988;
/** The hat is cut off this many standard deviations from the mean. The chance beyond is below 1e-50. */
const CUT_OFF = 16;

/**
 * Draws one hypergeometric number.
 *
 * @param good,bad number of balls of each kind
 * @param drawn from 0 to `good + bad`
 */
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

/**
 * Draws one by one. The distribution is the same with `good` and `drawn` exchanged, so the smaller of them is drawn.
 */
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
 * Draws `drawn` balls from a pool of several colours, colour by colour. Each count is hypergeometric given those
 * before.
 *
 * @param into `[colours]`: receives how many of each were drawn
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
