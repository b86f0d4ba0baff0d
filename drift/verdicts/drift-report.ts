/** The object that `drift --json` prints, a contract: names as printed, windows in order, null for unknown values. */

import type { ImagesReport } from '../causes/image-reports.js';
import type { Adjustment } from '../options/index.js';
import type { AccuracyInterval } from '../statistics/accuracy-interval.js';
import type { EstimatedAccuracy } from '../statistics/estimated-accuracy.js';
import type { LogBase } from '../statistics/histogram-distances.js';
import type { SegmentReport } from './segments.js';
import type { AccuracyTest, Verdict } from './verdict.js';

/**
 * The result of a comparison: the settings, and each window with its numbers and its verdict. `drift --json` prints it.
 * Unknown values are null, never absent.
 *
 * @example
 * ```ts
 * import { type DriftReport, measureWindows, readProfile } from 'image-drift';
 *
 * function drifted({ windows }: DriftReport): string[] {
 *   return windows.filter(({ verdict }) => verdict === 'drift').map(({ name }) => name);
 * }
 * const { report } = await measureWindows(await readProfile('profile.json'), ['week_2.parquet']);
 * console.log(drifted(report)); // [ 'week_2' ]
 * ```
 */
export interface DriftReport {
  /** Rows and clusters of the profile, and the weights that made it. */
  baseline: {
    rows: number;
    /** How many independent rows they are worth. */
    effective_rows: number;
    /** Why they are fewer: names of the columns that are groups, `near-duplicates` or `row order`; null if they are not. */
    effective_by: string | null;
    /** Groups, where that is why. */
    groups: number | null;
    clusters: number;
    weights_sha256: string | null;
    /** What is known of these weights: that they were compared with their own program, or what was assumed; null: nothing. */
    weights_note: string | null;
    /** Independent rows that so many clusters need; null if there are enough. With fewer, clusters have no verdict. */
    rows_needed: number | null;
  };
  /** Settings that the verdicts are based on. */
  settings: {
    methods: string[];
    alpha: number;
    detect: number;
    seed: number;
    draws: number;
    /** How p-values are adjusted for the number of windows; null if they are not. */
    adjust: Adjustment | null;
    /** Values below which there is no drift, by name of the method. */
    threshold: Record<string, number>;
  };
  /** The windows, in the order given or in that of time. */
  windows: WindowReport[];
}

/**
 * One window compared with the baseline.
 *
 * @example
 * ```ts
 * import { measureWindows, readProfile, type WindowReport } from 'image-drift';
 *
 * const describe = ({ name, rows, verdict, causes }: WindowReport) =>
 *   `${name}: ${rows} images, ${verdict ?? 'no verdict'}${causes?.length ? `, ${causes.join('; ')}` : ''}`;
 * const { report } = await measureWindows(await readProfile('profile.json'), ['week_2.parquet']);
 * console.log(report.windows.map(describe).join('\n'));
 * ```
 */
export interface WindowReport {
  /** Name of the table without folder and extension, or the time span. */
  name: string;
  /** Earliest timestamp of its rows, ISO 8601 in UTC; null without timestamps. */
  from: string | null;
  /** Latest timestamp of its rows, ISO 8601 in UTC; null without timestamps. */
  to: string | null;
  /** Rows counted, without the skipped ones. */
  rows: number;
  /** Rows left out because a value was not finite. */
  skipped: number;
  /** How many independent rows they are worth: fewer than `rows` if some hang together. */
  effective_rows: number;
  /** Why they are fewer, as for the baseline, or `repeats`; null if they are not. */
  effective_by: string | null;
  /** Independent rows with which a change of `settings.detect` is seen with a chance of 80 %; null if none suffice. */
  rows_needed: number | null;
  /** Rows with a label and a prediction. */
  labelled: number;
  /** Share of correct predictions among the labelled rows, from 0 to 1. */
  accuracy: number | null;
  /** Its 95 % interval for images like these; null without labels. */
  accuracy_interval: AccuracyInterval | null;
  /** The accuracy beside the baseline's; null if either has no labels. */
  accuracy_test: AccuracyTest | null;
  /** Accuracy estimated from confidence, without labels; null if it cannot be estimated. */
  estimated_accuracy: EstimatedAccuracy | null;
  /** Why no accuracy is estimated: what is missing, or images that say nothing, as in `notes`; null where one is. */
  no_estimate: string | null;
  /** `drift` if any method says so; null if no method has a verdict. */
  verdict: Verdict | null;
  /** Smallest `p` of the methods, which is corrected for their number; null if none has one. */
  p: number | null;
  /** Name of the method that says `drift`, the one with the smallest p if several do; null without drift. */
  alarmed_by: string | null;
  /** Results of the chosen methods, by name; null if the data lack what the method compares. */
  methods: Record<string, MethodReport | null>;
  /** Shares of the profile's clusters; `methods.js.value` is their distance. */
  clusters: { baseline: number[]; window: number[] };
  /** Shares of the classes among predictions, in the order of the profile's classes; of several labels, how often each holds. */
  predicted: { baseline: number[]; window: number[] } | null;
  /** Likely causes in words, the strongest first; empty if none of those with a name was found, null if they were not looked for. */
  causes: string[] | null;
  /** What a reader must know beside the verdict, in sentences without a full stop; empty if there is nothing. */
  notes: string[];
  /** Verdicts on its segments, those that are hurt most first; null where nobody asked for them. */
  segments: SegmentReport[] | null;
  /** Duplicates and bad images, which the verdict does not depend on; null where nothing is known of the images. */
  images: ImagesReport | null;
}

/**
 * One method's number for a window, with the range in which it lies without drift.
 *
 * @example
 * ```ts
 * import { type MethodReport, measureWindows, readProfile } from 'image-drift';
 *
 * const describe = ({ value, band, p }: MethodReport) => `${value}, without drift ${band}, p ${p}`;
 * const { report } = await measureWindows(await readProfile('profile.json'), ['week_1.parquet']);
 * const js = report.windows[0]?.methods['js'];
 * if (js) console.log(describe(js));
 * ```
 */
export interface MethodReport {
  /** The number that the method computes. */
  value: number;
  /** Base of the logarithm; null if the value has none. */
  base: LogBase | null;
  /** Lower end of the confidence interval of the value. That of shares holds 90 %, and begins at 0 if p is above 0.05. */
  low: number | null;
  /** Upper end of that interval. */
  high: number | null;
  /** Values without drift at this number of rows, all but `settings.alpha`. A value is beyond it exactly if p is at most alpha. */
  band: [number, number] | null;
  /** Chance of a value at least this extreme without drift, times the number of methods; null if not computed. */
  p: number | null;
  /** `p` adjusted for the number of windows; null unless that was asked for. The verdict then follows it. */
  p_adjusted: number | null;
  /** Verdict of this method; null if it has no p-value, or saw nothing in too few rows of a window that another method calls drift. */
  verdict: Verdict | null;
  /** Further numbers of the method, by name; null if it has none. */
  details: Readonly<Record<string, unknown>> | null;
}
