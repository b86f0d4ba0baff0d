/**
 * The permutation test: what a statistic of two samples would be if it were chance who belongs to which.
 *
 * Without drift, reference and window rows are exchangeable, so every relabelling of the pooled rows is as likely as the
 * true one, and p = (1 + #{T* ≥ T}) / (1 + draws) is valid at any sample size: P(p ≤ α) ≤ α. Source: B. Phipson and
 * G. K. Smyth, "Permutation p-values should never be zero" (Statistical Applications in Genetics 9, 2010).
 *
 * A window that is plainly not unusual does not get all draws: after `draws` of them the test ends where at least `ENOUGH`
 * were as large as T. That keeps it valid: whatever α is, the shortened test has p ≤ α only if the full one has (α below
 * (1 + ENOUGH) / (1 + draws)) or the one of the first draws has (α from there up). In the spirit of J. Besag and
 * P. Clifford, "Sequential Monte Carlo p-values" (Biometrika 78, 1991).
 */
import type { Random } from '../../random/index.js';

export interface PermutationOptions {
  /** Relabellings that are drawn in any case. */
  draws: number;
  /** Most relabellings, drawn where fewer than ten of the first reach the observed value. */
  maxDraws: number;
}

export interface PermutationResult {
  p: number;
  /** Where 95 % of the values lie without drift: from the smallest drawn up. */
  band: [number, number];
  /** Variance of the statistic without drift. */
  variance: number;
  /** Relabellings that were drawn. */
  draws: number;
}

const ENOUGH = 10;
/** Two statistics that differ by less than this share are one: the same rows, summed in another order. */
const ROUNDING = 1e-10;

/**
 * @param observed the statistic of the true labels; large means drift
 * @param draw the statistic of one random relabelling
 */
export function permutationTest(
  observed: number,
  draw: () => number,
  { draws, maxDraws }: PermutationOptions,
): PermutationResult {
  const values: number[] = [];
  const atLeast = observed - ROUNDING * Math.abs(observed);
  let asLarge = 0;
  while (values.length < draws || (values.length < maxDraws && (asLarge < ENOUGH || values.length > draws))) {
    const value = draw();
    values.push(value);
    if (value >= atLeast) asLarge++;
  }
  const sorted = Float64Array.from(values).sort();
  // The k-th largest such that larger values have p ≤ 0.05; with fewer than 19 draws none has, and the largest must do.
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

/** Rows `start` up to `end` of the pooled rows, within which labels may change places. */
export interface Stratum {
  start: number;
  end: number;
}

/** Shuffles the labels within each stratum, in place; how many of a kind a stratum has stays. */
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
