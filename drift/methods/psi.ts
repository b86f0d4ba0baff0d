/**
 * Population stability index of the clusters, with one row added to every bin as in Fiddler. As for `js`, the value
 * compares with all baseline rows, the p-value with the reference rows.
 */
import { divergenceInterval, varianceOfMean } from '../null/interval.js';
import { totalOf } from '../statistics/counts.js';
import { populationStabilityIndex, smoothedShares } from '../statistics/population-stability.js';
import { countTest, distanceBand } from '../tests/count-test.js';
import { baselineSides, referenceSides, type Sides } from '../windows/effective-rows.js';
import { bandRandom, testRandom, uncalibrated } from './count-methods.js';
import type { Method } from './method.js';

export const psi: Method = {
  name: 'psi',
  title: 'PSI',
  unit: 'population stability index of the clusters, from 0, natural logarithm',
  alarms: 'above',
  needsSample: false,
  compare(profile, window, context) {
    const value = populationStabilityIndex(profile.counts, window.clusters);
    const { reference } = profile;
    if (!reference?.rows || !window.reference) return uncalibrated(value);
    const all = baselineSides(profile, profile.counts, window, window.clusters);
    const heldOut = referenceSides(reference, reference.counts, window, window.reference.clusters);
    const [low, high] = intervalOf(all);
    return {
      value,
      low: Math.min(low, value),
      high: Math.max(high, value),
      band: distanceBand(all, populationStabilityIndex, bandRandom(context), context.draws),
      p: countTest(heldOut, populationStabilityIndex, testRandom(context), context).p,
      sensitivity: null,
    };
  },
};

/**
 * Interval by the delta method. The derivative of the index is ln(p / q) + 1 - q / p by p, and the same with p and q
 * exchanged by q. Small values are approximately chi-square · (1/m + 1/n).
 */
function intervalOf({ baseline, window }: Sides): [number, number] {
  const [p, q] = [smoothedShares(baseline), smoothedShares(window)];
  const slopes = (a: readonly number[], b: readonly number[]) =>
    a.map((share, i) => Math.log(share / b[i]!) + 1 - b[i]! / share);
  const [m, n] = [totalOf(baseline), totalOf(window)];
  return divergenceInterval({
    value: populationStabilityIndex(baseline, window),
    variance: varianceOfMean(p, slopes(p, q), m) + varianceOfMean(q, slopes(q, p), n),
    scale: 1 / m + 1 / n,
    bins: baseline.filter((count, i) => count + window[i]! > 0).length,
  });
}
