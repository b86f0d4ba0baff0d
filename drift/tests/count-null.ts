/**
 * The null distribution of everything that is a function of two histograms.
 *
 * Without drift, reference and window rows are exchangeable: given how many rows of both together fell in each bin, every
 * choice of which of them are the window's is as likely as any other. The window's counts are then multivariate
 * hypergeometric, whatever the shares of the bins and however few rows there are (Fisher's conditional argument; the
 * permutation test of E. J. G. Pitman, 1937, for counts). Drawn many times, p = (1 + #{T* >= T}) / (1 + draws).
 */
import type { Random } from '../../random/index.js';
import { drawFromPool } from '../null/hypergeometric.js';
import { totalOf } from '../statistics/counts.js';
import type { Sides } from '../windows/effective-rows.js';
import { type PermutationOptions, type PermutationResult, permutationTest } from './permutation-test.js';

export type CountStatistic = (baseline: readonly number[], window: readonly number[]) => number;

/** Histograms of two samples of the given sizes that one pool was dealt out to, again and again; memory is reused. */
export function dealer({ baseline, window }: Sides, random: Random): () => Sides {
  const pool = baseline.map((count, i) => count + window[i]!);
  const drawn = totalOf(window);
  const dealt = { baseline: new Array<number>(pool.length), window: new Array<number>(pool.length) };
  return () => {
    drawFromPool(pool, drawn, random, dealt.window);
    for (const [i, count] of pool.entries()) dealt.baseline[i] = count - dealt.window[i]!;
    return dealt;
  };
}

export function countTest(
  sides: Sides,
  statistic: CountStatistic,
  random: Random,
  options: PermutationOptions,
): PermutationResult {
  const deal = dealer(sides, random);
  const draw = () => {
    const { baseline, window } = deal();
    return statistic(baseline, window);
  };
  return permutationTest(statistic(sides.baseline, sides.window), draw, options);
}

/** Where 95 % of the values lie without drift: from 0 up for a distance. */
export function distanceBand(sides: Sides, statistic: CountStatistic, random: Random, draws: number): [number, number] {
  return [0, countTest(sides, statistic, random, { draws, maxDraws: draws }).band[1]];
}

/** Bins that any row of either side fell in. */
export function occupiedBins({ baseline, window }: Sides): number {
  return baseline.filter((count, i) => count + window[i]! > 0).length;
}
