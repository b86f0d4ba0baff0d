/** Population stability index of cross-fitted clusters, as `js`, with one row added to every bin as in Fiddler. */
import { log } from '../../base/math/index.js';
import { divergenceInterval, varianceOfMean } from '../null/interval.js';
import { populationStabilityIndex, smoothedShares } from '../statistics/histogram-distances.js';
import { clusterSides, type EffectiveSides, occupiedBins } from '../windows/effective-rows.js';
import { clusterTest, isLargeEnough, uncalibrated } from './count-methods.js';
import type { Method } from './method.js';

export const psi: Method = {
  name: 'psi',
  title: 'PSI',
  explanation:
    'The same shares as population stability index, every count plus one as Fiddler does it; 0 means no difference.',
  unit: 'population stability index of the clusters, from 0, natural logarithm',
  greatest: () => Number.POSITIVE_INFINITY,
  alarms: 'above',
  takes: 'embeddings',
  needsSample: false,
  compare(profile, window, context) {
    const fiddler = populationStabilityIndex(profile.counts, window.clusters);
    const { crossFit } = profile;
    if (crossFit === null) return uncalibrated(fiddler);
    const sides = clusterSides(profile, crossFit, window);
    const value = populationStabilityIndex(crossFit.counts, window.clusters);
    const details = { fiddler };
    if (!isLargeEnough(profile)) return { ...uncalibrated(value), details };
    const index = (drawn: readonly number[]) => populationStabilityIndex(crossFit.counts, drawn);
    const { p, band, cut } = clusterTest(sides, index, 2, context);
    const [low, high] = intervalOf(sides, value, cut);
    return { value, low, high, band: [0, band], p, looked: null, details };
  },
};

/** Delta method: the derivative by p is ln(p / q) + 1 - q / p; by q it is the same with p and q exchanged. */
function intervalOf(
  sides: EffectiveSides,
  value: number,
  { cut, level }: { cut: number; level: number },
): [number, number] {
  const [p, q] = [smoothedShares(sides.baseline), smoothedShares(sides.window)];
  const slopes = (a: readonly number[], b: readonly number[]) =>
    a.map((share, i) => log(share / b[i]!) + 1 - b[i]! / share);
  const [low, high] = divergenceInterval({
    value,
    variance: varianceOfMean(p, slopes(p, q), sides.baselineRows) + varianceOfMean(q, slopes(q, p), sides.windowRows),
    cut,
    level,
    bins: occupiedBins(sides),
    rows: Math.min(sides.baselineRows, sides.windowRows),
  });
  return [Math.min(low, value), Math.max(high, value)];
}
