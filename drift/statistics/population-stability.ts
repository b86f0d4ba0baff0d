/**
 * Population stability index (PSI) of two histograms: Σ (p - q) ln(p / q). One row is added to every bin of both sides,
 * as Fiddler does, so that empty bins do not make it infinite.
 *
 * The logarithm is natural. The index is symmetric, 0 for equal shares, and has no upper bound. It is not scaled by
 * rows: few rows in many bins give large values without drift, so a fixed threshold (0.1, 0.25) misleads. Sources: S.
 * Kullback, Information Theory and Statistics (1959), the divergence J; B. Yurdakul and J. Naranjo, "Statistical
 * properties of the population stability index", Journal of Risk Model Validation 14 (2020).
 *
 * @throws DriftError `HISTOGRAM_LENGTHS_DIFFER`
 */
import { DriftError } from '../drift-error.js';
import { totalOf } from './counts.js';

export function populationStabilityIndex(baseline: readonly number[], window: readonly number[]): number {
  if (baseline.length !== window.length) {
    throw new DriftError('HISTOGRAM_LENGTHS_DIFFER', `PSI: ${baseline.length} bins against ${window.length}`);
  }
  const p = smoothedShares(baseline);
  const q = smoothedShares(window);
  return p.reduce((sum, share, i) => sum + (share - q[i]!) * Math.log(share / q[i]!), 0);
}

/** Shares of the counts after one row is added to every bin. */
export function smoothedShares(counts: readonly number[]): number[] {
  const total = totalOf(counts) + counts.length;
  return counts.map((count) => (count + 1) / total);
}
