/**
 * 95 % confidence interval of a Jensen-Shannon distance.
 *
 * Delta method: with the mixture m = (p + q) / 2, the divergence in nats has the derivatives ln(p / m) / 2 by p and
 * ln(q / m) / 2 by q. Small divergences are approximately chi-square · (1/rows + 1/rows) / 8.
 */
import { totalOf } from '../statistics/counts.js';
import { jensenShannonDistance, type LogBase, maximumJensenShannonDistance } from '../statistics/jensen-shannon.js';
import type { Sides } from '../windows/effective-rows.js';
import { divergenceInterval, varianceOfMean } from './interval.js';

/** @param sides counts scaled to effective rows; neither side is empty */
export function jensenShannonInterval(sides: Sides, base: LogBase): [number, number] {
  const [p, pRows] = sharesOf(sides.baseline);
  const [q, qRows] = sharesOf(sides.window);
  const slopes = (a: readonly number[], b: readonly number[]) =>
    a.map((share, i) => (share === 0 ? 0 : 0.5 * Math.log((2 * share) / (share + b[i]!))));
  const interval = divergenceInterval({
    value: jensenShannonDistance(p, q, { base: 'e' }) ** 2,
    variance: varianceOfMean(p, slopes(p, q), pRows) + varianceOfMean(q, slopes(q, p), qRows),
    scale: (1 / pRows + 1 / qRows) / 8,
    bins: p.filter((share, i) => share + q[i]! > 0).length,
  });
  const maximum = maximumJensenShannonDistance(base);
  const inBase = base === 2 ? Math.LN2 : 1;
  const [low, high] = interval.map((divergence) => Math.min(maximum, Math.sqrt(divergence / inBase)));
  return [low!, high!];
}

function sharesOf(counts: readonly number[]): [number[], number] {
  const rows = totalOf(counts);
  return [counts.map((count) => count / rows), rows];
}
