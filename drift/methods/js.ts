/**
 * Jensen-Shannon distance of the clusters' shares, the number that Fiddler computes for embeddings.
 *
 * The value compares with all baseline rows, in the clusters fitted on them, as Fiddler does. The p-value compares the
 * window with the reference rows, on which no cluster was fitted.
 */
import { jensenShannonInterval } from '../null/jensen-shannon-interval.js';
import { jensenShannonDistance } from '../statistics/jensen-shannon.js';
import { countTest, distanceBand } from '../tests/count-test.js';
import { baselineSides, referenceSides } from '../windows/effective-rows.js';
import { bandRandom, testRandom, uncalibrated } from './count-methods.js';
import type { Method } from './method.js';

export const js: Method = {
  name: 'js',
  title: 'JS distance',
  unit: 'Jensen-Shannon distance of the clusters, from 0 to 1 (base 2) or 0.8326 (base e)',
  alarms: 'above',
  needsSample: false,
  compare(profile, window, context) {
    const { base } = context;
    const distance = (a: readonly number[], b: readonly number[]) => jensenShannonDistance(a, b, { base });
    const value = distance(profile.counts, window.clusters);
    const { reference } = profile;
    if (!reference?.rows || !window.reference) return { ...uncalibrated(value), base };
    const all = baselineSides(profile, profile.counts, window, window.clusters);
    const heldOut = referenceSides(reference, reference.counts, window, window.reference.clusters);
    const [low, high] = jensenShannonInterval(all, base);
    return {
      value,
      base,
      low: Math.min(low, value),
      high: Math.max(high, value),
      band: distanceBand(all, distance, bandRandom(context), context.draws),
      p: countTest(heldOut, distance, testRandom(context), context).p,
      sensitivity: null,
    };
  },
};
