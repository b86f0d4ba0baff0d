/**
 * Each camera, site or class of a window, compared with the same one of the baseline, by the vote of the default
 * methods except those that compare single rows, of which a profile keeps none for segments. p is corrected for the
 * number of methods and of segments (Bonferroni).
 */

import { js } from '../methods/js.js';
import type { Method, MethodContext, MethodResult } from '../methods/method.js';
import { baselineRowsNeeded, votersOf } from '../methods/registry.js';
import { type Sensitivity, sensitivityOf } from '../null/interval.js';
import type { Profile } from '../profile/profile.js';
import type { Reference } from '../profile/reference.js';
import type { ReferenceCounts } from '../profile/reference-counter.js';
import { accuracyOf, type SegmentCounts, type SegmentReference } from '../rows/tallies.js';
import type { AccuracyInterval } from '../statistics/accuracy-interval.js';
import type { WindowSummary } from '../windows/window-summary.js';
import {
  type AccuracyTest,
  accuracyInterval,
  accuracyTests,
  correctedP,
  type Verdict,
  verdictOf,
  windowVerdict,
} from './verdict.js';

export function ofSegment(profile: Profile, counts: SegmentCounts): Profile {
  const { rows, clusters, crossFit, labelled, correct } = counts;
  const folds = profile.crossFit && crossFit && { ...profile.crossFit, counts: crossFit };
  const reference = profile.reference && counts.reference && referenceOf(profile.reference, counts.reference);
  const labels = { predicted: null, labelled, correct };
  return { ...profile, rows, counts: clusters, crossFit: folds, labels, reference };
}

function referenceOf(whole: Reference, { confidence, statistics }: SegmentReference): Reference {
  const counted = whole.confidence && confidence && { ...whole.confidence, counts: confidence };
  return { ...whole, confidence: counted, statistics: withCounts(whole.statistics, statistics) };
}

function withCounts<T extends { counts: number[] }>(
  whole: Readonly<Record<string, T>>,
  counts: SegmentReference['statistics'],
): Record<string, T> {
  return Object.fromEntries(Object.entries(whole).map(([name, known]) => [name, { ...known, counts: counts[name]! }]));
}

/** One segment as a window, and the same of the baseline; null where either has none. */
export function segmentWindow(
  profile: Profile,
  window: WindowSummary,
  by: string,
  value: string,
): { profile: Profile; window: WindowSummary } | null {
  const [before, counts] = [profile, window].map(({ segments }) => segments?.get(by)?.get(value));
  return before && counts ? { profile: ofSegment(profile, before), window: partOf(window, counts) } : null;
}

/** Its rows are worth what those of the window are worth on average. */
function partOf(window: WindowSummary, counts: SegmentCounts): WindowSummary {
  const { rows, clusters, labelled, correct } = counts;
  const effectiveRows = (rows * window.effectiveRows) / window.rows;
  const reference = window.reference && counts.reference && windowReferenceOf(window.reference, counts.reference);
  // How often rows repeat is known of the whole alone.
  const repeats = { keys: new Float64Array(0), weights: new Int32Array(0) };
  const known = { predicted: null, labelled, correct, reference, reliability: null, repeats, images: null };
  return { ...window, ...known, rows, clusters, effectiveRows };
}

function windowReferenceOf(whole: ReferenceCounts, { confidence, statistics }: SegmentReference): ReferenceCounts {
  const counted = whole.confidence && confidence;
  return { ...whole, confidence: counted, statistics: withCounts(whole.statistics, statistics) };
}

/**
 * One segment of a window, compared with the same segment of the baseline.
 *
 * @example
 * ```ts
 * import type { SegmentReport } from 'image-drift/drift';
 *
 * const describe = ({ by, value, rows, verdict }: SegmentReport) => `${by} ${value}: ${rows} images, ${verdict}`;
 * ```
 */
export interface SegmentReport {
  /** The column, such as `camera`. */
  by: string;
  /** Its value in these rows. */
  value: string;
  rows: number;
  effective_rows: number;
  /** Rows of the same segment in the baseline. */
  baseline_rows: number;
  /** `too few rows` also where the baseline has too few of this segment. */
  verdict: Verdict;
  /** Jensen-Shannon distance of the clusters; null if the baseline has no such segment. */
  distance: number | null;
  /** Distances without drift at this number of rows, corrected for the number of segments and methods; null without a test. */
  band: [number, number] | null;
  /** Smallest p of the methods, times their number and that of the segments of the window; null without a test. */
  p: number | null;
  /** Name of the method that says `drift`, the one with the smallest p if several do; null without drift. */
  alarmed_by: string | null;
  /** Results of the methods that voted, by name. */
  methods: Record<string, SegmentMethod>;
  /** Share of correct predictions; null without labels. */
  accuracy: number | null;
  /** Its 95 % interval, of the labels alone. */
  accuracy_interval: AccuracyInterval | null;
  /** The accuracy beside the baseline's of the same segment, p times the number of segments; null without labels. */
  accuracy_test: AccuracyTest | null;
}

/** One method's number for a segment. */
export interface SegmentMethod {
  value: number;
  /** Values without drift at this number of rows, corrected as p is. */
  band: [number, number] | null;
  p: number;
  /** Further numbers of the method, by name; null if it has none. */
  details: Readonly<Record<string, unknown>> | null;
}

interface SegmentRule {
  alpha: number;
  /** Names of the methods that were chosen. Where a segment can be judged by none of them, clusters judge it. */
  methods: readonly string[];
  context: MethodContext;
}

/** Those that are hurt most come first; null if nobody asked for segments. */
export function segmentReports(profile: Profile, window: WindowSummary, rule: SegmentRule): SegmentReport[] | null {
  if (window.segments === null) return null;
  const all = [...window.segments].flatMap(([by, values]) =>
    [...values].map(([value, counts]) => ({ by, value, counts, before: profile.segments?.get(by)?.get(value) })),
  );
  const reports = all.map(({ by, value, counts, before }): SegmentReport => {
    return { by, value, ...compared(profile, before, window, counts, { ...rule, segments: all.length }) };
  });
  return reports.sort(byDamage);
}

function compared(
  profile: Profile,
  before: SegmentCounts | undefined,
  window: WindowSummary,
  counts: SegmentCounts,
  rule: SegmentRule & { segments: number },
): Omit<SegmentReport, 'by' | 'value'> {
  const summary = partOf(window, counts);
  const known = {
    rows: counts.rows,
    effective_rows: summary.effectiveRows,
    accuracy: accuracyOf(counts),
    accuracy_interval: accuracyInterval(profile, summary),
  };
  const none = { verdict: 'too few rows', band: null, p: null, alarmed_by: null, methods: {} } as const;
  if (before === undefined) return { ...known, ...none, baseline_rows: 0, distance: null, accuracy_test: null };
  const baseline = ofSegment(profile, before);
  const { alpha, context, segments } = rule;
  const voters = segmentVoters(baseline, summary, rule.methods);
  const tests = segments * Math.max(1, voters.length);
  const level = alpha / tests;
  const draws = Math.max(context.draws, Math.ceil((2 * tests) / alpha));
  const corrected: MethodContext = { ...context, alpha: level, tests, draws, maxDraws: draws };
  const results = voters.map((method) => method.compare(baseline, summary, corrected)!);
  const looked = results.flatMap((result) => result.looked ?? []);
  const sensitivity = looked.length === 0 ? null : sensitivityOf(looked, summary.effectiveRows, context.detect);
  const found = results.map((result, m) => judged(voters[m]!, result, { alpha, sensitivity, tests }));
  const byP = found.toSorted((a, b) => a.report.p - b.report.p);
  const clusters = found.find(({ name }) => name === js.name)?.report;
  const [test] = accuracyTests(baseline, [summary], { alpha: alpha / segments, adjust: null });
  return {
    ...known,
    baseline_rows: before.rows,
    verdict: windowVerdict(found.map(({ verdict }) => verdict)) ?? 'too few rows',
    distance: (clusters ?? js.compare(baseline, summary, corrected)!).value,
    band: clusters?.band ?? null,
    p: byP[0]?.report.p ?? null,
    alarmed_by: byP.find(({ verdict }) => verdict === 'drift')?.name ?? null,
    methods: Object.fromEntries(found.map(({ name, report }) => [name, report])),
    accuracy_test: test ? { ...test, p: Math.min(1, test.p * segments) } : null,
  };
}

function segmentVoters(baseline: Profile, window: WindowSummary, chosen: readonly string[]): Method[] {
  if (baselineRowsNeeded(baseline) !== null) return [];
  const voters = votersOf(baseline, window).filter(({ needsSample }) => !needsSample);
  const asked = voters.filter(({ name }) => chosen.includes(name));
  return asked.length > 0 ? asked : voters.filter(({ name }) => name === js.name);
}

interface Judged {
  name: string;
  report: SegmentMethod;
  verdict: Verdict | null;
}

function judged(
  method: Method,
  result: MethodResult,
  { alpha, sensitivity, tests }: { alpha: number; sensitivity: Sensitivity | null; tests: number },
): Judged {
  const p = correctedP(result.p, tests)!;
  const verdict = verdictOf(result, p, sensitivity, method, { alpha, threshold: undefined });
  const { value, band, details = null } = result;
  return { name: method.name, report: { value, band, p, details }, verdict };
}

/** Segments with an alarm first; among them those with the most errors more than before, or the largest share that moved. */
function byDamage(a: SegmentReport, b: SegmentReport): number {
  return Number(isHurt(b)) - Number(isHurt(a)) || errorsMore(b) - errorsMore(a) || moved(b) - moved(a);
}

export function isHurt({ verdict, accuracy_test: test }: SegmentReport): boolean {
  return verdict === 'drift' || test?.verdict === 'lower';
}

function errorsMore({ rows, accuracy, accuracy_test: test }: SegmentReport): number {
  return test === null || accuracy === null ? 0 : Math.max(0, test.baseline - accuracy) * rows;
}

/** Distance beyond what chance explains, for all rows. */
function moved({ rows, distance, band }: SegmentReport): number {
  return distance === null || band === null ? 0 : (distance - band[1]) * rows;
}
