/**
 * The permutation test: compares a statistic of two samples with its values when rows are assigned at random. If
 * nothing has changed, every relabelling of the pooled rows is as likely as the true one. Then p = (1 + #{T* ≥ T}) / (1
 * + draws) is valid at any sample size: P(p ≤ α) ≤ α. Source: B. Phipson and G. K. Smyth, "Permutation p-values should
 * never be zero" (Statistical Applications in Genetics 9, 2010).
 *
 * After `draws` relabellings the test ends if at least `ENOUGH` were as large as T; otherwise it goes on to `GROWTH`
 * times as many, and so on up to `maxDraws`. It stays valid. Take an α, and the first stage whose number of draws n has
 * (1 + ENOUGH) / (1 + n) ≤ α, or the last stage. A test that ends before it has p > α. One that ends there or later has
 * p ≤ α only if p ≤ α after these n draws. So P(p ≤ α) is at most that of a test with n draws (J. Besag and P.
 * Clifford, "Sequential Monte Carlo p-values", Biometrika 78, 1991).
 */
import type { Random } from '../../base/index.js';
import { pow } from '../../base/math/index.js';
import type { Matrix } from '../linear/matrix.js';
import { luckFactor } from '../null/baseline-luck.js';
import { drawCounts, drawFromPool, drawShares } from '../null/draws.js';
import { totalOf } from '../statistics/counts.js';
import type { EffectiveSides, Sides } from '../windows/effective-rows.js';

export interface PermutationOptions {
  draws: number;
  /** Largest number of relabellings. More than `draws` are drawn while fewer than ten reach the observed value. */
  maxDraws: number;
  /** For a caller who asks only whether p is at most this: once it must be larger, drawing ends. */
  decideAt?: number | undefined;
}

export interface LevelledOptions extends PermutationOptions {
  /** The band holds all but this share of the values without drift; default 0.05. */
  level?: number | undefined;
}

export interface PermutationResult {
  p: number;
  /** Values with p above the level, from the smallest that was drawn or observed: there is no other lower end. */
  band: [number, number];
  variance: number;
  draws: number;
}

/** Those of a test that has random numbers of its own. */
export type SeededOptions = LevelledOptions & { seed: number; stream: number };

/** A statistic with its test. */
export interface TestedValue extends PermutationResult {
  value: number;
  /** 95 % interval. */
  low: number;
  high: number;
}

const ENOUGH = 10;
/** Draws of a stage, as a multiple of those before it. */
const GROWTH = 4;
/** Relative difference below which two statistics count as equal: the same rows, summed in another order. */
const ROUNDING = 1e-10;

/**
 * @param observed the statistic of the true labels; large values mean drift
 * @param draw gives the statistic of one random relabelling
 */
export function permutationTest(
  observed: number,
  draw: () => number,
  { level = 0.05, ...options }: LevelledOptions,
): PermutationResult {
  const { p, sorted } = drawNull(observed, draw, options);
  return {
    p,
    band: [Math.min(observed, sorted[0]!), cutOf(sorted, level, observed)],
    variance: varianceOf(sorted),
    draws: sorted.length,
  };
}

/** Draws a statistic without drift, as often as p needs. @returns p, and the drawn values, ascending */
export function drawNull(
  observed: number,
  draw: () => number,
  { draws, maxDraws, decideAt = 1 }: PermutationOptions,
): { p: number; sorted: Float64Array } {
  const values: number[] = [];
  const atLeast = observed - ROUNDING * Math.abs(observed);
  let asLarge = 0;
  let isDecided = false;
  for (let stage = draws; ; stage = Math.min(maxDraws, GROWTH * stage)) {
    while (values.length < stage && !isDecided) {
      const value = draw();
      values.push(value);
      if (value >= atLeast) asLarge++;
      isDecided = (1 + asLarge) / (1 + maxDraws) > decideAt;
    }
    if (isDecided || asLarge >= ENOUGH || stage >= maxDraws) break;
  }
  return { p: (1 + asLarge) / (1 + values.length), sorted: Float64Array.from(values).sort() };
}

/**
 * Where a band ends: larger values have p at most the level. With too few draws it reaches beyond what was observed.
 * @param sorted drawn values, ascending
 */
export function cutOf(sorted: Float64Array, level: number, observed: number): number {
  const beyond = Math.floor(level * (sorted.length + 1) + ROUNDING);
  if (beyond === 0) return Math.max(observed, sorted.at(-1)!);
  const cut = sorted[sorted.length - beyond]!;
  const isEqual = Math.abs(observed - cut) <= ROUNDING * Math.abs(observed);
  return isEqual ? Math.max(observed, cut) : cut;
}

function varianceOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
}

/** Rows `start` (included) to `end` (excluded) of the pooled rows; labels are permuted only within them. */
interface Stratum {
  start: number;
  end: number;
}

/** Shuffles the labels within each stratum, in place. The number of each label in a stratum stays the same. */
export function relabel(labels: Uint8Array, strata: readonly Stratum[], random: Random): void {
  for (const { start, end } of strata) {
    for (let i = end - 1; i > start; i--) {
      const j = start + random.below(i - start + 1);
      const kept = labels[i]!;
      labels[i] = labels[j]!;
      labels[j] = kept;
    }
  }
}

/** Pools the rows of both. Those of a stratum lie together, and each stratum has about the same mix of both kinds. */
export const REFERENCE = 0;
export const WINDOW = 1;

export interface PooledRows {
  rows: number;
  columns: number;
  /** `[rows, columns]`. */
  data: Float64Array;
  /** `[rows]`: `REFERENCE` or `WINDOW`. */
  labels: Uint8Array;
  strata: Stratum[];
}

/** @param reference,window `[rows, columns]` @param strata if there is more than one, rows are dealt at random */
export function poolRows(reference: Matrix, window: Matrix, strata: number, random: Random): PooledRows {
  const rows = reference.rows + window.rows;
  const { columns } = reference;
  const pooled: PooledRows = {
    rows,
    columns,
    data: new Float64Array(rows * columns),
    labels: new Uint8Array(rows),
    strata: [],
  };
  const decks = [reference, window].map(({ rows: count }) => shuffled(count, strata, random));
  let place = 0;
  for (let stratum = 0; stratum < strata; stratum++) {
    const start = place;
    for (const [label, source] of [reference, window].entries()) {
      for (let at = stratum; at < source.rows; at += strata) {
        const from = decks[label]![at]! * columns;
        pooled.data.set(source.data.subarray(from, from + columns), place * columns);
        pooled.labels[place++] = label;
      }
    }
    pooled.strata.push({ start, end: place });
  }
  return pooled;
}

function shuffled(count: number, strata: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  return strata === 1 ? order : random.shuffle(order);
}

// The test of a histogram against the baseline's: how a statistic of the window would vary if nothing had changed.
//
// The true shares are not known, so a quiet window is drawn in two steps: p* ~ Dirichlet(baseline's counts + ½), then w
// ~ Multinomial(rows, p*): the posterior of the shares with Jeffreys' prior (H. Jeffreys, Proc. R. Soc. A 186, 1946),
// and the predictive distribution of a window. A window that drifted does not widen its own band.
//
// p is the share of quiet windows whose statistic, widened by the baseline's own luck (`null/baseline-luck.ts`), is at
// least the window's. A value lies beyond the band exactly if its p is at most the level.

/** Rows added to each bin: Jeffreys' prior. */
const PRIOR = 0.5;

interface BaselineTestOptions extends PermutationOptions {
  /** Degrees of freedom that the statistic has without drift. */
  df: number;
  /** 1 if the statistic is a distance, 2 if it is the square of one. */
  power: 1 | 2;
}

interface CutTest {
  p: number;
  /** The statistic's largest value with p above a level. */
  cutAt(level: number): number;
}

function cutTest(observed: number, draw: () => number, options: PermutationOptions): CutTest {
  const { p, sorted } = drawNull(observed, draw, options);
  return { p, cutAt: (level) => cutOf(sorted, level, observed) };
}

/** @param statistic of a window's counts, which are scaled to its real number of rows; large values mean drift */
export function baselineTest(
  sides: EffectiveSides,
  statistic: (window: readonly number[]) => number,
  random: Random,
  options: BaselineTestOptions,
): CutTest {
  const draw = quietWindows(sides, random);
  const widened = pow(luckFactor(options.df, sides.windowRows / sides.baselineRows), options.power);
  return cutTest(statistic(sides.window), () => widened * statistic(draw()), options);
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
 * Permutation tests for any function of two histograms. If nothing has changed, every choice of the window's rows is
 * equally likely given the pooled counts, so the window's counts are multivariate hypergeometric, whatever the shares
 * and the number of rows (Fisher's conditional argument; E. J. G. Pitman, 1937). p = (1 + #{T* >= T}) / (1 + draws).
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

export function countTest(
  sides: Sides,
  statistic: CountStatistic,
  random: Random,
  options: PermutationOptions,
): CutTest {
  const deal = dealer(sides, random);
  const draw = () => {
    const { baseline, window } = deal();
    return statistic(baseline, window);
  };
  return cutTest(statistic(sides.baseline, sides.window), draw, options);
}
