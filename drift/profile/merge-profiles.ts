/** Merges the profiles of a baseline's shards. */
import { shown } from '../../base/index.js';
import { DriftError, grouped } from '../drift-error.js';
import { mergeGroupedRows, noGroupedRows } from '../groups/grouping.js';
import { BASELINE_HASHES, mergeImageCounts, noImages } from '../images/image-tally.js';
import { mergeBaselineSums, noBaselineSums } from '../monitor/baseline-sums.js';
import { mergeSamples } from '../rows/row-sample.js';
import { mergeSegments } from '../rows/tallies.js';
import { addCounts, added } from '../statistics/counts.js';
import { addMoments, momentsOf } from '../statistics/moments.js';
import type { Profile, RowRange } from './profile.js';
import { profileToJson } from './profile-json.js';
import {
  ClassedRowSampler,
  type Histogram,
  mergeClassedRows,
  REFERENCE_SAMPLE_ROWS,
  type Reference,
  type StatisticSummary,
} from './reference.js';
import { mergeWeekdays } from './weekdays.js';

/** The profile as it was fitted, with nothing counted. */
export function emptyProfile(profile: Profile): Profile {
  return {
    ...profile,
    rows: 0,
    skipped: 0,
    counted: [],
    counts: zeros(profile.counts),
    crossFit: profile.crossFit && { ...profile.crossFit, counts: zeros(profile.crossFit.counts) },
    labels: { predicted: null, labelled: 0, correct: 0 },
    segments: profile.segments && new Map([...profile.segments.keys()].map((column) => [column, new Map()])),
    groups: profile.groups && { ...profile.groups, ...noGroupedRows() },
    reference: profile.reference && emptyReference(profile.reference),
    weekdays: null,
    images: profile.images && { ...profile.images, ...noImages() },
    monitor: profile.monitor && noBaselineSums(profile),
  };
}

function emptyReference(reference: Reference): Reference {
  const { confidence, entropy, sample, statistics } = reference;
  return {
    ...reference,
    rows: 0,
    sample: mergeSamples(sample, sample, 0),
    confidence: confidence && { ...confidence, counts: zeros(confidence.counts) },
    entropy: entropy && { ...entropy, counts: zeros(entropy.counts) },
    reliability: confidence && { total: zeros(confidence.counts), correct: zeros(confidence.counts) },
    classed: reference.classed && new ClassedRowSampler().rows(),
    statistics: mapValues(statistics, (summary) => ({
      ...summary,
      counts: zeros(summary.counts),
      ...momentsOf(0, summary.centre, [], []),
    })),
  };
}

/**
 * Merges two shards, in any order.
 * @throws DriftError `PROFILES_DIFFER` if they were counted against different fitted profiles, `SHARD_TWICE` if both
 *   have counted the same rows
 */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  const [fitA, fitB] = [profileToJson(emptyProfile(a)), profileToJson(emptyProfile(b))];
  if (fitA !== fitB) throw profilesDiffer(fitA, fitB);
  const counted = joined(a, b);
  return {
    ...a,
    rows: a.rows + b.rows,
    skipped: a.skipped + b.skipped,
    counted,
    counts: addCounts(a.counts, b.counts),
    crossFit: a.crossFit && b.crossFit && { ...a.crossFit, counts: addCounts(a.crossFit.counts, b.crossFit.counts) },
    labels: added(a.labels, b.labels),
    segments: a.segments && b.segments && mergeSegments(a.segments, b.segments),
    groups: a.groups && b.groups && { ...a.groups, ...mergeGroupedRows(a.groups, b.groups, a.counts.length) },
    reference: a.reference && b.reference && mergeReferences(a.reference, b.reference),
    weekdays: mergeWeekdays(a.weekdays, b.weekdays),
    images: a.images && b.images && { ...a.images, ...mergeImageCounts(a.images, b.images, BASELINE_HASHES) },
    monitor: a.monitor && b.monitor && mergeBaselineSums(a, a.monitor, b.monitor),
  };
}

function joined(a: Profile, b: Profile): RowRange[] {
  const ranges: [number, number][] = [];
  for (const [first, end] of [...a.counted, ...b.counted].sort(([x], [y]) => x - y)) {
    const last = ranges.at(-1);
    if (last !== undefined && first < last[1]) {
      throw twice(first, Math.min(end, last[1]));
    }
    if (last !== undefined && first === last[1]) last[1] = end;
    else ranges.push([first, end]);
  }
  return ranges;
}

function twice(first: number, end: number): DriftError {
  const rows = `rows ${grouped(first)} to ${grouped(end - 1)}`;
  return new DriftError('SHARD_TWICE', `two profiles have counted ${rows} of the baseline`, {
    hint: 'Name each shard once, and give baseline --like the number of its first row: --first-row.',
  });
}

function profilesDiffer(a: string, b: string): DriftError {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const line = left.findIndex((text, i) => text !== right[i]);
  const told = (text: string | undefined) => shown((text ?? 'nothing').trim().slice(0, 60));
  return new DriftError(
    'PROFILES_DIFFER',
    `profiles of different fits: line ${grouped(line + 1)} is ${told(left[line])} in one, ${told(right[line])} in the other`,
    { hint: 'Fit one profile, count every shard against it, and merge those.' },
  );
}

function mergeReferences(a: Reference, b: Reference): Reference {
  return {
    ...a,
    rows: a.rows + b.rows,
    sample: mergeSamples(a.sample, b.sample, REFERENCE_SAMPLE_ROWS),
    confidence: addHistograms(a.confidence, b.confidence),
    entropy: addHistograms(a.entropy, b.entropy),
    reliability: added(a.reliability, b.reliability),
    classed: a.classed && b.classed && mergeClassedRows(a.classed, b.classed),
    statistics: mapValues(a.statistics, (summary, name) => addSummaries(summary, b.statistics[name]!)),
  };
}

function addHistograms(a: Histogram | null, b: Histogram | null): Histogram | null {
  return a && b && { edges: a.edges, counts: addCounts(a.counts, b.counts) };
}

function addSummaries(a: StatisticSummary, b: StatisticSummary): StatisticSummary {
  return { ...a, counts: addCounts(a.counts, b.counts), ...addMoments(a, b, a.centre) };
}

function zeros(counts: readonly number[]): number[] {
  return new Array<number>(counts.length).fill(0);
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T, name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}
