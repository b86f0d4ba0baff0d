/**
 * The permutation test: compares a statistic of two samples with its values when rows are assigned to the samples at
 * random.
 *
 * If nothing has changed, reference and window rows come from the same source, so every relabelling of the pooled rows
 * is as likely as the true one. Then p = (1 + #{T* ≥ T}) / (1 + draws) is valid at any sample size: P(p ≤ α) ≤ α.
 * Source: B. Phipson and G. K. Smyth, "Permutation p-values should never be zero" (Statistical Applications in Genetics
 * 9, 2010).
 *
 * A window that is plainly not unusual does not need all draws. After `draws` of them the test ends if at least
 * `ENOUGH` were as large as T; otherwise it goes on to `GROWTH` times as many, and so on up to `maxDraws`. It stays
 * valid. Take an α, and the first stage whose number of draws n has (1 + ENOUGH) / (1 + n) ≤ α, or the last stage. A
 * test that ends before it has p > α. One that ends there or later has p ≤ α only if p ≤ α after these n draws. So
 * P(p ≤ α) is at most that of a test with n draws. This follows the idea of J. Besag and P. Clifford, "Sequential Monte
 * Carlo p-values" (Biometrika 78, 1991).
 */
import type { Random } from '../../base/index.js';
import type { Matrix } from '../linear/matrix.js';

export interface PermutationOptions {
  /** Relabellings that are always drawn. */
  draws: number;
  /** Largest number of relabellings. More than `draws` are drawn while fewer than ten reach the observed value. */
  maxDraws: number;
  /**
   * For who asks only whether p is at most this level: drawing ends once p must be larger, whatever the other draws would be.
   * The answer is the same; p and band are then of fewer draws.
   */
  decideAt?: number | undefined;
}

export interface LevelledOptions extends PermutationOptions {
  /** The band holds all but this share of the values without drift; default 0.05. */
  level?: number | undefined;
}

export interface PermutationResult {
  p: number;
  /**
   * Interval of the values with p above the level. It has no lower end of its own, so it begins at the smallest value that
   * was drawn or observed.
   */
  band: [number, number];
  /** Variance of the statistic without drift. */
  variance: number;
  /** Number of relabellings that were drawn. */
  draws: number;
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

/**
 * Draws a statistic without drift, as often as its p-value needs.
 *
 * @returns the p-value, and the drawn values in ascending order
 */
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
 * Where a band of a level ends: larger values have p at most the level, and no other has. With too few draws for the level
 * no value has, and the band reaches beyond what was observed.
 *
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

/**
 * Pools reference and window rows in one table for a permutation test. Rows of a stratum lie together, and each stratum
 * has about the same mix of both kinds as the whole.
 */
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

/**
 * @param reference `[rows, columns]`
 * @param window `[rows, columns]`, with as many columns
 * @param strata number of strata; if there is more than one, rows are dealt at random
 */
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
