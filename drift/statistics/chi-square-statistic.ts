/**
 * Pearson's chi-square statistic: tests whether two histograms have the same shares. There is no correction for
 * continuity (`scipy.stats.chi2_contingency(…, correction=False)`). Bins that are empty on both sides add nothing.
 */
import { totalOf } from './counts.js';

export function chiSquareStatistic(baseline: readonly number[], window: readonly number[]): number {
  const m = totalOf(baseline);
  const n = totalOf(window);
  let statistic = 0;
  for (const [i, count] of baseline.entries()) {
    const both = count + window[i]!;
    if (both > 0) statistic += (count * n - window[i]! * m) ** 2 / both;
  }
  return statistic / (m * n);
}
