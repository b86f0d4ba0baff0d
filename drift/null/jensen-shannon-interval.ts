/**
 * 90 % confidence interval of a Jensen-Shannon distance.
 *
 * Delta method: with the mixture m = (p + q) / 2, the divergence in nats has the derivatives ln(p / m) / 2 by p and
 * ln(q / m) / 2 by q.
 */
import { totalOf } from '../statistics/counts.js';
import { jensenShannonDistance, type LogBase, maximumJensenShannonDistance } from '../statistics/jensen-shannon.js';
import { type EffectiveSides, occupiedBins } from '../windows/effective-rows.js';
import { divergenceInterval, varianceOfMean } from './interval.js';

const HALF = 0.5;

/**
 * @param sides neither is empty
 * @param cut largest distance that is not significant at `level`, in the same base
 */
export function jensenShannonInterval(
  sides: EffectiveSides,
  base: LogBase,
  { cut, level }: { cut: number; level: number },
): [number, number] {
  const bins = occupiedBins(sides);
  const [p, q] = [sharesOf(sides.baseline, sides.baselineRows, bins), sharesOf(sides.window, sides.windowRows, bins)];
  const slopes = (a: readonly number[], b: readonly number[]) =>
    a.map((share, i) => (share === 0 ? 0 : 0.5 * Math.log((2 * share) / (share + b[i]!))));
  const nats = base === 2 ? Math.LN2 : 1;
  const value = jensenShannonDistance(sides.baseline, sides.window, { base });
  const interval = divergenceInterval({
    value: nats * value ** 2,
    variance: varianceOfMean(p, slopes(p, q), sides.baselineRows) + varianceOfMean(q, slopes(q, p), sides.windowRows),
    cut: nats * cut ** 2,
    level,
    bins,
    rows: Math.min(sides.baselineRows, sides.windowRows),
  });
  const maximum = maximumJensenShannonDistance(base);
  const [low, high] = interval.map((divergence) => Math.min(maximum, Math.sqrt(divergence / nats)));
  return [Math.min(low!, value), Math.max(high!, value)];
}

/**
 * Shares as they may be: a cluster in which a few rows have not been seen is not empty, and an empty one has no variance. So
 * half a row is added to each bin, and no more than to five.
 */
function sharesOf(counts: readonly number[], rows: number, bins: number): number[] {
  const scale = rows / totalOf(counts);
  const added = Math.min(HALF, (5 * HALF) / bins);
  return counts.map((count) => (scale * count + added) / (rows + added * counts.length));
}
