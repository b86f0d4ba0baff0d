/**
 * Permutation tests for any function of two histograms.
 *
 * If nothing has changed, reference and window rows are exchangeable. Given how many rows of both fell in each bin,
 * every choice of the window's rows is equally likely, so the window's counts are multivariate hypergeometric. This
 * holds for any shares of the bins and any number of rows (Fisher's conditional argument; the permutation test of E. J.
 * G. Pitman, 1937, for counts). Over many draws, p = (1 + #{T* >= T}) / (1 + draws).
 */
import type { Random } from '../../base/index.js';
import { drawFromPool } from '../null/hypergeometric.js';
import { totalOf } from '../statistics/counts.js';
import type { Sides } from '../windows/effective-rows.js';
import { cutOf, drawNull, type PermutationOptions } from './permutation-test.js';

export type CountStatistic = (baseline: readonly number[], window: readonly number[]) => number;

/** Deals one pool out to two histograms of the given sizes, again at each call. The memory of the result is reused. */
function dealer({ baseline, window }: Sides, random: Random): () => Sides {
  const pool = baseline.map((count, i) => count + window[i]!);
  const drawn = totalOf(window);
  const dealt = { baseline: new Array<number>(pool.length), window: new Array<number>(pool.length) };
  return () => {
    drawFromPool(pool, drawn, random, dealt.window);
    for (const [i, count] of pool.entries()) dealt.baseline[i] = count - dealt.window[i]!;
    return dealt;
  };
}

/** @returns p, and the largest value with p above a level */
export function countTest(
  sides: Sides,
  statistic: CountStatistic,
  random: Random,
  options: PermutationOptions,
): { p: number; cutAt(level: number): number } {
  const deal = dealer(sides, random);
  const draw = () => {
    const { baseline, window } = deal();
    return statistic(baseline, window);
  };
  const observed = statistic(sides.baseline, sides.window);
  const { p, sorted } = drawNull(observed, draw, options);
  return { p, cutAt: (level) => cutOf(sorted, level, observed) };
}
