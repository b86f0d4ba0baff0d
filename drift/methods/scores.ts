/**
 * Confidence and entropy: Kolmogorov-Smirnov distance of the largest score, or of the entropy of the scores, between
 * reference and window rows, by permutation. It needs no labels. The bins are quantiles of the fit rows.
 */
import { totalOf } from '../statistics/counts.js';
import { kolmogorovSmirnovDistance, kolmogorovSmirnovMargin } from '../statistics/kolmogorov-smirnov.js';
import { countTest, distanceBand } from '../tests/count-test.js';
import { referenceSides } from '../windows/effective-rows.js';
import { bandRandom, testRandom } from './count-methods.js';
import type { Method } from './method.js';

export const confidence: Method = scoresMethod('confidence', 'confidence');
export const entropy: Method = scoresMethod('entropy', 'entropy');

function scoresMethod(name: 'confidence' | 'entropy', title: string): Method {
  return {
    name,
    title,
    unit: `Kolmogorov-Smirnov distance of the ${name} of predictions, from 0 to 1`,
    alarms: 'above',
    needsSample: false,
    compare({ reference }, window, context) {
      const baseline = reference?.[name]?.counts;
      const seen = window.reference?.[name];
      if (!reference || !baseline || !seen || !totalOf(baseline) || !totalOf(seen)) return null;
      const sides = referenceSides(reference, baseline, window, seen);
      const value = kolmogorovSmirnovDistance(baseline, seen);
      const margin = kolmogorovSmirnovMargin(totalOf(sides.baseline), totalOf(sides.window));
      return {
        value,
        low: Math.max(0, value - margin),
        high: Math.min(1, value + margin),
        band: distanceBand(sides, kolmogorovSmirnovDistance, bandRandom(context), context.draws),
        p: countTest(sides, kolmogorovSmirnovDistance, testRandom(context), context).p,
        sensitivity: null,
      };
    },
  };
}
