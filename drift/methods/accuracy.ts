/**
 * Estimated accuracy: compares the confidence of predictions with the baseline's, weighted by how often each confidence
 * was right there. The p-value is two-sided, by permutation of reference and window rows.
 */
import { totalOf } from '../statistics/counts.js';
import { accuracyAtRates, calibratedRates, estimateAccuracy } from '../statistics/estimated-accuracy.js';
import { countTest, dealer } from '../tests/count-test.js';
import { referenceSides } from '../windows/effective-rows.js';
import { bandRandom, testRandom } from './count-methods.js';
import type { Method } from './method.js';

export const accuracy: Method = {
  name: 'accuracy',
  title: 'estimated accuracy',
  unit: 'share of predictions that are right, from 0 to 1, estimated from their confidence',
  alarms: 'below',
  needsSample: false,
  compare({ reference }, window, context) {
    const seen = window.reference?.confidence;
    if (!reference?.confidence || !reference.reliability || !seen) return null;
    if (totalOf(reference.reliability.total) === 0 || totalOf(seen) === 0) return null;
    const rates = calibratedRates(reference.reliability);
    const sides = referenceSides(reference, reference.confidence.counts, window, seen);
    const change = (a: readonly number[], b: readonly number[]) =>
      Math.abs(accuracyAtRates(rates, a) - accuracyAtRates(rates, b));
    const deal = dealer(sides, bandRandom(context));
    const dealt = Float64Array.from({ length: context.draws }, () => accuracyAtRates(rates, deal().window)).sort();
    const outside = Math.floor(0.025 * dealt.length);
    return {
      ...estimateAccuracy(reference.reliability, seen, totalOf(sides.window)),
      band: [dealt[outside]!, dealt[dealt.length - 1 - outside]!],
      p: countTest(sides, change, testRandom(context), context).p,
      sensitivity: null,
      details: { baseline: accuracyAtRates(rates, reference.confidence.counts) },
    };
  },
};
