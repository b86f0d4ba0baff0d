/**
 * Confidence and entropy: Kolmogorov-Smirnov distance of the largest score, or of the scores' entropy, between
 * reference and window rows. The bins are quantiles of the fit rows. The interval is the value, less and more what it
 * may be without drift: the shares' own distance differs by at most the distances of the samples from them.
 */
import type { Profile } from '../profile/profile.js';
import { totalOf } from '../statistics/counts.js';
import { accuracyAtRates, calibratedRates, estimateAccuracy } from '../statistics/estimated-accuracy.js';
import { kolmogorovSmirnovDistance } from '../statistics/histogram-distances.js';
import { type EffectiveSides, referenceSides } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { numberTest } from './count-methods.js';
import type { Method } from './method.js';
import { movedLabel } from './several-labels.js';

export const confidence: Method = {
  ...scoresMethod(
    'confidence',
    'How much the model’s confidence has changed; of labels of which several may hold, how far the scores of the one that moved most lie from the baseline’s.',
  ),
  unitOfSeveral: 'standard errors of the label whose scores moved most, from 0, about 3 without drift',
};
export const entropy = scoresMethod('entropy', 'How differently the scores are spread over the classes.');

type ScoreName = 'confidence' | 'entropy';

/** Null if either side has no scores. */
export function comparedScores(name: ScoreName, profile: Profile, window: WindowSummary): EffectiveSides | null {
  const counts = profile.reference?.[name]?.counts;
  const seen = window.reference?.[name];
  if (!counts || !seen || !totalOf(counts) || !totalOf(seen)) return null;
  return referenceSides(profile, counts, window, seen, name);
}

function scoresMethod(name: ScoreName, explanation: string): Method {
  return {
    name,
    title: name,
    explanation,
    unit: `Kolmogorov-Smirnov distance of the ${name} of predictions, from 0 to 1`,
    greatest: () => 1,
    alarms: 'above',
    takes: 'scores',
    needsSample: false,
    compare(profile, window, context) {
      const sides = comparedScores(name, profile, window);
      if (sides === null) return name === 'confidence' ? movedLabel(profile, window, 'score', context) : null;
      const distance = (drawn: readonly number[]) => kolmogorovSmirnovDistance(sides.baseline, drawn);
      const value = distance(sides.window);
      const { p, band, cut } = numberTest(sides, distance, context);
      const [low, high] = [Math.max(0, value - cut.cut), Math.min(1, value + cut.cut)];
      return { value, low, high, band: [0, band], p, looked: null };
    },
  };
}

// Estimated accuracy from confidence, weighted by how often each confidence was right in the baseline. p is two-sided,
// the band lies around the baseline's own estimate. The window's interval also holds how uncertain the rates are.

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
