/**
 * Shift of the predicted classes: a chi-square test of homogeneity, by permutation, which is valid for rare classes
 * too.
 *
 * The value is the Jensen-Shannon distance of the classes' shares; unlike chi-square, it does not grow with the rows.
 * The network was not fitted on the baseline's counts, so all baseline rows are a fair sample, and the test uses all of
 * them.
 */
import { jensenShannonInterval } from '../null/jensen-shannon-interval.js';
import { sensitivityOf } from '../null/sensitivity.js';
import { chiSquareStatistic } from '../statistics/chi-square-statistic.js';
import { totalOf } from '../statistics/counts.js';
import { jensenShannonDistance } from '../statistics/jensen-shannon.js';
import { countTest, distanceBand, occupiedBins } from '../tests/count-test.js';
import { baselineSides } from '../windows/effective-rows.js';
import { bandRandom, testRandom, uncalibrated } from './count-methods.js';
import type { Method } from './method.js';

export const labels: Method = {
  name: 'labels',
  title: 'predicted classes',
  unit: 'Jensen-Shannon distance of the predicted classes, from 0 to 1 (base 2) or 0.8326 (base e)',
  alarms: 'above',
  needsSample: false,
  compare(profile, window, context) {
    const { base, alpha, detect } = context;
    const { predicted } = profile.labels;
    if (!predicted || !window.predicted || !totalOf(predicted) || !totalOf(window.predicted)) return null;
    const distance = (a: readonly number[], b: readonly number[]) => jensenShannonDistance(a, b, { base });
    const value = distance(predicted, window.predicted);
    if (!profile.reference) return { ...uncalibrated(value), base };
    const sides = baselineSides(profile, predicted, window, window.predicted);
    const [low, high] = jensenShannonInterval(sides, base);
    const bins = occupiedBins(sides);
    return {
      value,
      base,
      low: Math.min(low, value),
      high: Math.max(high, value),
      band: distanceBand(sides, distance, bandRandom(context), context.draws),
      p: countTest(sides, chiSquareStatistic, testRandom(context), context).p,
      sensitivity: sensitivityOf(bins, totalOf(sides.baseline), totalOf(sides.window), detect, alpha),
      details: { chi_square: chiSquareStatistic(sides.baseline, sides.window), degrees_of_freedom: bins - 1 },
    };
  },
};
