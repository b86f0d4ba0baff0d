/**
 * Verdicts on segments: each camera, site or class of a window is compared with the same one of the baseline.
 *
 * Segments are compared by the distance of their clusters, corrected for the number of segments of the window (Bonferroni). Rows
 * of a segment are worth what those of the whole window or baseline are worth on average.
 */

import { js } from '../methods/js.js';
import type { MethodContext } from '../methods/method.js';
import { sensitivityOf } from '../null/sensitivity.js';
import type { Profile } from '../profile/profile.js';
import { accuracyOf } from '../rows/label-tally.js';
import type { SegmentCounts } from '../rows/segment-tally.js';
import { clusterSides, occupiedBins } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { type AccuracyTest, accuracyTests } from './accuracy-test.js';
import { correctedP, type Verdict, verdictOf } from './verdict.js';

/**
 * One segment of a window, compared with the same segment of the baseline.
 *
 * @example
 * ```ts
 * import type { SegmentReport } from 'image-drift';
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
  /** Distances without drift at this number of rows, corrected for the number of segments; null without a test. */
  band: [number, number] | null;
  /** Times the number of segments of the window; null without a test. */
  p: number | null;
  /** Share of correct predictions; null without labels. */
  accuracy: number | null;
  /** The accuracy beside the baseline's of the same segment, p times the number of segments; null without labels. */
  accuracy_test: AccuracyTest | null;
}

export interface SegmentRule {
  alpha: number;
  /** Context of a single method. */
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
  { alpha, context, segments }: SegmentRule & { segments: number },
): Omit<SegmentReport, 'by' | 'value'> {
  const summary = partOf(window, counts);
  const known = { rows: counts.rows, effective_rows: summary.effectiveRows, accuracy: accuracyOf(counts) };
  if (before === undefined) {
    return {
      ...known,
      baseline_rows: 0,
      verdict: 'too few rows',
      distance: null,
      band: null,
      p: null,
      accuracy_test: null,
    };
  }
  const baseline = ofSegment(profile, before);
  const level = alpha / segments;
  const draws = Math.max(context.draws, Math.ceil((2 * segments) / alpha));
  const result = js.compare(baseline, summary, { ...context, alpha: level, tests: segments, draws, maxDraws: draws })!;
  const sides = baseline.crossFit && clusterSides(baseline, baseline.crossFit, summary);
  const sensitivity =
    sides && sensitivityOf(occupiedBins(sides), sides.baselineRows, sides.windowRows, context.detect, level);
  const p = correctedP(result.p, segments);
  const verdict = verdictOf(result, p, sensitivity, js, { alpha, threshold: undefined });
  const [test] = accuracyTests(baseline, [summary], { alpha: level, adjust: null });
  return {
    ...known,
    baseline_rows: before.rows,
    verdict: verdict ?? 'too few rows',
    distance: result.value,
    band: result.band,
    p,
    accuracy_test: test ? { ...test, p: Math.min(1, test.p * segments) } : null,
  };
}

/** The profile as if this segment were the whole baseline. */
function ofSegment(profile: Profile, { rows, clusters, crossFit, labelled, correct }: SegmentCounts): Profile {
  const folds = profile.crossFit && crossFit && { ...profile.crossFit, counts: crossFit };
  return { ...profile, rows, counts: clusters, crossFit: folds, labels: { predicted: null, labelled, correct } };
}

function partOf(window: WindowSummary, { rows, clusters, labelled, correct }: SegmentCounts): WindowSummary {
  const effectiveRows = (rows * window.effectiveRows) / window.rows;
  return { ...window, rows, clusters, effectiveRows, predicted: null, labelled, correct };
}

/** Segments with an alarm first; among them those with the most errors more than before, or the largest share that moved. */
function byDamage(a: SegmentReport, b: SegmentReport): number {
  return Number(isHurt(b)) - Number(isHurt(a)) || errorsMore(b) - errorsMore(a) || moved(b) - moved(a);
}

export function isHurt({ verdict, accuracy_test: test }: SegmentReport): boolean {
  return verdict === 'drift' || test?.verdict === 'lower';
}

/** Errors more than as many rows had in the baseline. */
function errorsMore({ rows, accuracy, accuracy_test: test }: SegmentReport): number {
  return test === null || accuracy === null ? 0 : Math.max(0, test.baseline - accuracy) * rows;
}

/** Distance beyond what chance explains, for all rows. */
function moved({ rows, distance, band }: SegmentReport): number {
  return distance === null || band === null ? 0 : (distance - band[1]) * rows;
}
