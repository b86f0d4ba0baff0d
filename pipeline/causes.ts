/** What changed in a window, in words: its images, its clusters, its predictions. */
import {
  type Cause,
  clusterWords,
  imageCauses,
  type Profile,
  predictedWords,
  shareChanges,
  type WindowSummary,
} from '../drift/index.js';

/** Clusters and classes told, the most changed first: a sentence, not a table. */
const MOST_SHARES = 2;

/** Null where the profile has nothing to tell from: one of an older version, or of very few rows. */
export function causesOf(profile: Profile, summary: WindowSummary): string[] | null {
  const { reference } = profile;
  if (reference === null || summary.reference === null) return null;
  const { effectiveRows } = summary;
  const images = windowCauses(profile, summary).map(({ words }) => words);
  const clusters = shareChanges(profile.counts, summary.clusters, { effectiveRows }).slice(0, MOST_SHARES);
  const predicted = shareChanges(profile.labels.predicted ?? [], summary.predicted ?? [], { effectiveRows });
  return [
    ...images,
    ...clusters.map((change) => clusterWords(change)),
    ...predicted.slice(0, MOST_SHARES).map((change) => predictedWords(change, profile.classes)),
  ];
}

/** Of the images alone, the strongest first. */
function windowCauses({ reference }: Profile, summary: WindowSummary): Cause[] {
  if (reference === null || summary.reference === null) return [];
  return imageCauses(reference.statistics, summary.reference.statistics, { effectiveRows: summary.effectiveRows });
}
