/**
 * Jensen-Shannon distance of the clusters' shares. The baseline's counts are cross-fitted (`profile/cross-fit.ts`).
 * Fiddler counts the rows that the clusters were fitted on; its number is among the details.
 */
import { jensenShannonInterval, type Looked } from '../null/interval.js';
import type { Profile } from '../profile/profile.js';
import { jensenShannonDistance, maximumJensenShannonDistance } from '../statistics/histogram-distances.js';
import { clusterSides, occupiedBins } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { clusterTest, isLargeEnough, uncalibrated } from './count-methods.js';
import type { Method } from './method.js';

export const js: Method = {
  name: 'js',
  title: 'JS distance',
  explanation: 'How differently the rows fall into the clusters of the baseline; 0 means no difference.',
  unit: 'Jensen-Shannon distance of the clusters, from 0 to 1 (base 2) or 0.8326 (base e)',
  greatest: maximumJensenShannonDistance,
  alarms: 'above',
  takes: 'embeddings',
  needsSample: false,
  compare(profile, window, context) {
    const { base } = context;
    const distance = (a: readonly number[], b: readonly number[]) => jensenShannonDistance(a, b, { base });
    const fiddler = distance(profile.counts, window.clusters);
    const { crossFit } = profile;
    if (crossFit === null) return { ...uncalibrated(fiddler), base };
    const sides = clusterSides(profile, crossFit, window);
    const value = distance(crossFit.counts, window.clusters);
    const details = { fiddler };
    if (!isLargeEnough(profile)) return { ...uncalibrated(value), base, details };
    const { p, band, cut } = clusterTest(sides, (drawn) => distance(crossFit.counts, drawn), 1, context);
    const [low, high] = jensenShannonInterval(sides, base, cut);
    const looked = lookedAtClusters(profile, window, context.alpha);
    return { value, base, low, high, band: [0, band], p, looked, details };
  },
};

/** What the clusters can see; null for a profile that is not calibrated. */
export function lookedAtClusters(profile: Profile, window: WindowSummary, level: number): Looked | null {
  if (profile.crossFit === null) return null;
  const sides = clusterSides(profile, profile.crossFit, window);
  return { bins: occupiedBins(sides), baselineRows: sides.baselineRows, windowRows: sides.windowRows, level };
}
