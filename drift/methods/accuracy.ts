/**
 * Estimated accuracy: compares the confidence of predictions with the baseline's, weighted by how often each confidence
 * was right there. The p-value is two-sided, and the band lies around the baseline's own estimate. The interval is that of
 * the window's accuracy, for which it matters, too, how uncertain the rates are.
 */
import { totalOf } from '../statistics/counts.js';
import { accuracyAtRates, calibratedRates, estimateAccuracy } from '../statistics/estimated-accuracy.js';
import { referenceSides } from '../windows/effective-rows.js';
import { numberTest } from './count-methods.js';
import type { Method } from './method.js';

export const accuracy: Method = {
  name: 'accuracy',
  title: 'estimated accuracy',
  explanation:
    'The share of right predictions, estimated from the model’s confidence, calibrated on the labelled baseline.',
  unit: 'share of predictions that are right, from 0 to 1, estimated from their confidence',
  greatest: () => 1,
  alarms: 'below',
  takes: 'scores, and labels of the baseline',
  needsSample: false,
  compare(profile, window, context) {
    const { reference } = profile;
    const seen = window.reference?.confidence;
    if (!reference?.confidence || !reference.reliability || !seen) return null;
    if (totalOf(reference.reliability.total) === 0 || totalOf(seen) === 0) return null;
    const rates = calibratedRates(reference.reliability);
    const sides = referenceSides(profile, reference.confidence.counts, window, seen, 'accuracy');
    const baseline = accuracyAtRates(rates, reference.confidence.counts);
    const { p, band } = numberTest(sides, (drawn) => Math.abs(accuracyAtRates(rates, drawn) - baseline), context);
    return {
      ...estimateAccuracy(reference.reliability, seen, sides.windowRows),
      band: [Math.max(0, baseline - band), Math.min(1, baseline + band)],
      p,
      looked: null,
      details: { baseline },
    };
  },
};
