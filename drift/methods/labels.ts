/**
 * Jensen-Shannon distance of the shares of predicted classes, by permutation of rows, which is valid for rare classes
 * too. The network was not fitted on the baseline's counts, so all baseline rows are a fair sample. Of labels of which
 * several may hold, the one that moved most.
 */
import { jensenShannonInterval, TAIL } from '../null/interval.js';
import type { Profile } from '../profile/profile.js';
import { totalOf } from '../statistics/counts.js';
import {
  chiSquareStatistic,
  jensenShannonDistance,
  maximumJensenShannonDistance,
} from '../statistics/histogram-distances.js';
import { countTest } from '../tests/permutation-test.js';
import { baselineSides, occupiedBins } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { testRandom, uncalibrated } from './count-methods.js';
import type { Method } from './method.js';
import { movedLabel } from './several-labels.js';

/** Predictions of both sides by class; null if either has none. */
export function comparedLabels(
  { labels: { predicted } }: Profile,
  { predicted: seen }: WindowSummary,
): { predicted: readonly number[]; seen: readonly number[] } | null {
  return predicted && seen && totalOf(predicted) > 0 && totalOf(seen) > 0 ? { predicted, seen } : null;
}

export const labels: Method = {
  name: 'labels',
  title: 'predicted classes',
  explanation:
    'How differently the classes are predicted; of labels of which several may hold, how far the share of the one that moved most lies from the baseline’s.',
  unit: 'Jensen-Shannon distance of the predicted classes, from 0 to 1 (base 2) or 0.8326 (base e)',
  unitOfSeveral: 'standard errors of the label whose share moved most, from 0, about 3 without drift',
  greatest: maximumJensenShannonDistance,
  alarms: 'above',
  takes: 'scores',
  needsSample: false,
  compare(profile, window, context) {
    const { base, alpha, tests } = context;
    const compared = comparedLabels(profile, window);
    if (compared === null) return movedLabel(profile, window, 'holds', context);
    const { predicted, seen } = compared;
    const distance = (a: readonly number[], b: readonly number[]) => jensenShannonDistance(a, b, { base });
    if (!profile.reference) return { ...uncalibrated(distance(predicted, seen)), base };
    const sides = baselineSides(profile, predicted, window, seen, 'predicted');
    const value = distance(sides.baseline, sides.window);
    const [baselineRows, windowRows] = [totalOf(sides.baseline), totalOf(sides.window)];
    const level = TAIL / tests;
    const { p, cutAt } = countTest(sides, distance, testRandom(context), context);
    const [low, high] = jensenShannonInterval({ ...sides, baselineRows, windowRows }, base, {
      cut: cutAt(level),
      level,
    });
    const bins = occupiedBins(sides);
    return {
      value,
      base,
      low,
      high,
      band: [0, cutAt(alpha)],
      p,
      looked: { bins, baselineRows, windowRows, level: alpha },
      details: { chi_square: chiSquareStatistic(sides.baseline, sides.window), degrees_of_freedom: bins - 1 },
    };
  },
};
