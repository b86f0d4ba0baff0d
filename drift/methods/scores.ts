/**
 * Confidence and entropy: Kolmogorov-Smirnov distance of the largest score, or of the entropy of the scores, between
 * reference and window rows. It needs no labels. The bins are quantiles of the fit rows.
 *
 * The interval is the value, less and more what it may be without drift: the distance of the shares themselves differs from
 * the value at most by the distances of the samples from them.
 */
import { totalOf } from '../statistics/counts.js';
import { kolmogorovSmirnovDistance } from '../statistics/kolmogorov-smirnov.js';
import { referenceSides } from '../windows/effective-rows.js';
import { numberTest } from './count-methods.js';
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
    compare(profile, window, context) {
      const { reference } = profile;
      const baseline = reference?.[name]?.counts;
      const seen = window.reference?.[name];
      if (!reference || !baseline || !seen || !totalOf(baseline) || !totalOf(seen)) return null;
      const sides = referenceSides(profile, baseline, window, seen);
      const distance = (drawn: readonly number[]) => kolmogorovSmirnovDistance(baseline, drawn);
      const value = distance(seen);
      const { p, band, cut } = numberTest(sides, distance, context);
      const [low, high] = [Math.max(0, value - cut.cut), Math.min(1, value + cut.cut)];
      return { value, low, high, band: [0, band], p, sensitivity: null };
    },
  };
}
