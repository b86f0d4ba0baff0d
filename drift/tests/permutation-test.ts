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
import type { Random } from '../../random/index.js';

export interface PermutationOptions {
  /** Relabellings that are always drawn. */
  draws: number;
  /** Largest number of relabellings. More than `draws` are drawn while fewer than ten reach the observed value. */
  maxDraws: number;
}

export interface PermutationResult {
  p: number;
  /** Interval that holds 95 % of the values without drift, from the smallest drawn value up. */
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
  { draws, maxDraws }: PermutationOptions,
): PermutationResult {
  const values: number[] = [];
  const atLeast = observed - ROUNDING * Math.abs(observed);
  let asLarge = 0;
  for (let stage = draws; ; stage = Math.min(maxDraws, GROWTH * stage)) {
    while (values.length < stage) {
      const value = draw();
      values.push(value);
      if (value >= atLeast) asLarge++;
    }
    if (asLarge >= ENOUGH || stage >= maxDraws) break;
  }
  const sorted = Float64Array.from(values).sort();
  // Takes the k-th largest value such that larger ones have p ≤ 0.05. With fewer than 19 draws there is none; the
  // largest value is used.
  const beyond = Math.max(1, Math.floor(0.05 * (sorted.length + 1)));
  return {
    p: (1 + asLarge) / (1 + sorted.length),
    band: [sorted[0]!, sorted[sorted.length - beyond]!],
    variance: varianceOf(sorted),
    draws: sorted.length,
  };
}

function varianceOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
}

/** Rows `start` (included) to `end` (excluded) of the pooled rows; labels are permuted only within them. */
export interface Stratum {
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
