/**
 * The test of a histogram against the baseline's: how a statistic of the window would vary if nothing had changed.
 *
 * The true shares are not known, only the baseline's counts. So a quiet window is drawn in two steps: shares p* from the
 * baseline, p* ~ Dirichlet(counts + ½), then as many rows as the window has, w ~ Multinomial(rows, p*). That is the
 * posterior of the shares with Jeffreys' prior (H. Jeffreys, Proc. R. Soc. A 186, 1946), and the predictive distribution of
 * a window. It is centred on the baseline alone: a window that drifted does not widen its own band.
 *
 * The p-value is the share of quiet windows whose statistic, widened by the baseline's own luck (`null/baseline-luck.ts`),
 * is at least the window's. The band ends where p reaches the level. So value, band and p are of one statistic, and a value
 * lies beyond the band exactly if its p-value is at most the level.
 */
import type { Random } from '../../base/index.js';
import { luckFactor } from '../null/baseline-luck.js';
import { drawCounts, drawShares } from '../null/binomial.js';
import { drawFromPool } from '../null/hypergeometric.js';
import { totalOf } from '../statistics/counts.js';
import type { EffectiveSides, Sides } from '../windows/effective-rows.js';
import { cutOf, drawNull, type PermutationOptions } from './permutation-test.js';

/** Rows added to each bin: Jeffreys' prior. */
const PRIOR = 0.5;

interface BaselineTestOptions extends PermutationOptions {
  /** Degrees of freedom that the statistic has without drift. */
  df: number;
  /** 1 if the statistic is a distance, 2 if it is the square of one. */
  power: 1 | 2;
}

interface BaselineTestResult {
  /** Share of quiet windows with a statistic at least as large. */
  p: number;
  /** The statistic's largest value with p above a level. */
  cutAt(level: number): number;
}

/** @param statistic of a window's counts, which are scaled to its real number of rows; large values mean drift */
export function baselineTest(
  sides: EffectiveSides,
  statistic: (window: readonly number[]) => number,
  random: Random,
  options: BaselineTestOptions,
): BaselineTestResult {
  const draw = quietWindows(sides, random);
  const widened = luckFactor(options.df, sides.windowRows / sides.baselineRows) ** options.power;
  const observed = statistic(sides.window);
  const { p, sorted } = drawNull(observed, () => widened * statistic(draw()), options);
  return { p, cutAt: (level) => cutOf(sorted, level, observed) };
}

/** Draws the counts of a quiet window, again at each call. The memory of the result is reused. */
function quietWindows({ baseline, baselineRows, window, windowRows }: EffectiveSides, random: Random) {
  const scale = baselineRows / totalOf(baseline);
  const weights = baseline.map((count) => scale * count + PRIOR);
  const shares = new Float64Array(weights.length);
  const drawn = new Array<number>(weights.length).fill(0);
  const rows = Math.max(1, Math.round(windowRows));
  const toRealRows = totalOf(window) / rows;
  return () => {
    drawShares(weights, random, shares);
    drawCounts(shares, rows, random, drawn);
    for (let i = 0; i < drawn.length; i++) drawn[i]! *= toRealRows;
    return drawn;
  };
}

/**
 * Permutation tests for any function of two histograms.
 *
 * If nothing has changed, reference and window rows are exchangeable. Given how many rows of both fell in each bin,
 * every choice of the window's rows is equally likely, so the window's counts are multivariate hypergeometric. This
 * holds for any shares of the bins and any number of rows (Fisher's conditional argument; the permutation test of E. J.
 * G. Pitman, 1937, for counts). Over many draws, p = (1 + #{T* >= T}) / (1 + draws).
 */
type CountStatistic = (baseline: readonly number[], window: readonly number[]) => number;

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
