/** A segment of a baseline or window, as if it were the whole of it. */
import type { Profile } from '../profile/profile.js';
import type { Reference } from '../profile/reference.js';
import type { ReferenceCounts } from '../profile/reference-counter.js';
import type { SegmentCounts, SegmentReference } from '../rows/segment-tally.js';
import type { WindowSummary } from '../windows/window-summary.js';

/** The profile as if this segment were the whole baseline. */
export function ofSegment(profile: Profile, counts: SegmentCounts): Profile {
  const { rows, clusters, crossFit, labelled, correct } = counts;
  const folds = profile.crossFit && crossFit && { ...profile.crossFit, counts: crossFit };
  const reference = profile.reference && counts.reference && referenceOf(profile.reference, counts.reference);
  const labels = { predicted: null, labelled, correct };
  return { ...profile, rows, counts: clusters, crossFit: folds, labels, reference };
}

function referenceOf(whole: Reference, { confidence, statistics }: SegmentReference): Reference {
  return {
    ...whole,
    confidence: whole.confidence && confidence && { ...whole.confidence, counts: confidence },
    statistics: withCounts(whole.statistics, statistics),
  };
}

function withCounts<T extends { counts: number[] }>(
  whole: Readonly<Record<string, T>>,
  counts: SegmentReference['statistics'],
): Record<string, T> {
  return Object.fromEntries(Object.entries(whole).map(([name, known]) => [name, { ...known, counts: counts[name]! }]));
}

/** Its rows are worth what those of the window are worth on average. */
export function partOf(window: WindowSummary, counts: SegmentCounts): WindowSummary {
  const { rows, clusters, labelled, correct } = counts;
  const effectiveRows = (rows * window.effectiveRows) / window.rows;
  const reference = window.reference && counts.reference && windowReferenceOf(window.reference, counts.reference);
  // How often rows repeat is known of the whole alone.
  const repeats = { keys: new Float64Array(0), weights: new Int32Array(0) };
  const known = { predicted: null, labelled, correct, reference, repeats, images: null };
  return { ...window, ...known, rows, clusters, effectiveRows };
}

function windowReferenceOf(whole: ReferenceCounts, { confidence, statistics }: SegmentReference): ReferenceCounts {
  return {
    ...whole,
    confidence: whole.confidence && confidence,
    statistics: withCounts(whole.statistics, statistics),
  };
}
