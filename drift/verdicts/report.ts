/**
 * The object that `drift --json` prints, and from which its table is drawn.
 *
 * It is a contract: names are as printed, windows keep their order, and unknown values are null, never absent.
 */
import { imageReports } from '../causes/image-reports.js';
import type { ImagesReport } from '../causes/images-report.js';
import { DriftError } from '../drift-error.js';
import type { Method, MethodContext, MethodResult } from '../methods/method.js';
import { type Sensitivity, sensitivityOf } from '../null/sensitivity.js';
import type { Profile } from '../profile/profile.js';
import { MIN_CALIBRATED_ROWS } from '../profile/reference.js';
import { checkSkipped } from '../rows/batch.js';
import { accuracyOf } from '../rows/label-tally.js';
import { numberKey } from '../rows/row-key.js';
import { totalOf } from '../statistics/counts.js';
import { type EstimatedAccuracy, estimateAccuracy } from '../statistics/estimated-accuracy.js';
import type { LogBase } from '../statistics/jensen-shannon.js';
import { effectiveReferenceRows } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { type DriftOptions, type DriftSettings, driftSettings } from './drift-options.js';
import { adjustAll, type Verdict, verdictOf, windowVerdict } from './verdict.js';

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
  /** Rows and clusters of the profile, and the sha256 of the weights that made it. */
  baseline: { rows: number; clusters: number; weights_sha256: string | null };
  /** Settings that the verdicts are based on. */
  settings: { methods: string[]; alpha: number; detect: number; seed: number; draws: number };
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
  /** Effective rows, fewer than `rows` if some repeat. */
  effective_rows: number;
  /** Different rows that detect a distance of `settings.detect` with a chance of 80 %; null if no number is enough. */
  rows_needed: number | null;
  /** Share of correct predictions among the labelled rows, from 0 to 1. */
  accuracy: number | null;
  /** Accuracy estimated from confidence, without labels; null if it cannot be estimated. */
  estimated_accuracy: EstimatedAccuracy | null;
  /** `drift` if any method says so; null if no method has a verdict. */
  verdict: Verdict | null;
  /** Results of the chosen methods, by name; null if the data lack what the method compares. */
  methods: Record<string, MethodReport | null>;
  /** Shares of the profile's clusters. */
  clusters: { baseline: number[]; window: number[] };
  /** Shares of the classes among predictions, in the order of the profile's classes. */
  predicted: { baseline: number[]; window: number[] } | null;
  /** Likely causes in words, the strongest first; null if they were not looked for. */
  causes: string[] | null;
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
 * const describe = ({ value, band, p_adjusted }: MethodReport) => `${value}, without drift ${band}, p ${p_adjusted}`;
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
  /** Lower end of the 95 % confidence interval of the value. */
  low: number | null;
  /** Upper end of that interval. */
  high: number | null;
  /** Interval that holds 95 % of the values without drift, at this number of rows. */
  band: [number, number] | null;
  /** Chance of a value at least this extreme if nothing has changed; null if not computed. */
  p: number | null;
  /** `p` adjusted for all windows (false-discovery rate) and for the number of methods. */
  p_adjusted: number | null;
  /** Verdict of this method; null if it has no p-value. */
  verdict: Verdict | null;
  /** Further numbers of the method, by name; null if it has none. */
  details: Readonly<Record<string, unknown>> | null;
}

export interface NamedWindow {
  name: string;
  summary: WindowSummary;
  /** Causes in words; default null. */
  causes?: string[] | null | undefined;
}

/**
 * @throws DriftError `PROFILE_EMPTY`; `WINDOW_EMPTY`, `TOO_MANY_SKIPPED`, `HISTOGRAM_LENGTHS_DIFFER`, which name the
 *   window; what `driftSettings` throws
 */
export function driftReport(
  profile: Profile,
  windows: readonly NamedWindow[],
  options: DriftOptions = {},
): DriftReport {
  const settings = driftSettings(options, windows.length);
  if (profile.rows === 0) throw new DriftError('PROFILE_EMPTY', 'the profile has counted 0 baseline rows');
  for (const { name, summary } of windows) checkWindow(name, summary);
  const results = settings.methods.map((method) =>
    windows.map(({ summary }) => method.compare(profile, summary, contextOf(summary, settings))),
  );
  const adjusted = adjustAll(results.map((ofMethod) => ofMethod.map((result) => result?.p ?? null)));
  const { alpha, detect, seed, draws } = settings.context;
  const summaries = windows.map(({ summary }) => summary);
  const images = imageReports(profile.images, summaries, alpha);
  return {
    baseline: { rows: profile.rows, clusters: profile.centroids.rows, weights_sha256: profile.weightsSha256 },
    settings: { methods: settings.methods.map(({ name }) => name), alpha, detect, seed, draws },
    windows: windows.map((window, w) => {
      const found = settings.methods.map((method, m) => ({
        method,
        result: results[m]![w]!,
        pAdjusted: adjusted[m]![w]!,
      }));
      return windowReport(profile, window, found, images[w]!, settings);
    }),
  };
}

function checkWindow(name: string, { rows, skipped }: WindowSummary): void {
  checkSkipped(name, rows, skipped);
  if (rows === 0) throw new DriftError('WINDOW_EMPTY', `${name}: 0 rows, at least 1 is needed`);
}

/**
 * Gives each window its own random stream; otherwise a lucky draw for one window would be lucky for all. The stream
 * depends on the window's rows, not on its place, so a window gets the same p-value in any company.
 */
function contextOf({ repeats }: WindowSummary, { context }: DriftSettings): MethodContext {
  return { ...context, seed: numberKey(repeats.keys[0] ?? 0, context.seed) };
}

interface Found {
  method: Method;
  result: MethodResult | null;
  pAdjusted: number | null;
}

function windowReport(
  profile: Profile,
  { name, summary, causes = null }: NamedWindow,
  found: readonly Found[],
  images: ImagesReport | null,
  settings: DriftSettings,
): WindowReport {
  const sensitivity = clusterSensitivity(profile, summary, settings);
  const methods = found.map((one) => [one.method.name, methodReport(one, sensitivity, settings)] as const);
  const verdict = windowVerdict(methods.map(([, report]) => report?.verdict ?? null));
  return {
    name,
    from: isoTime(summary.from),
    to: isoTime(summary.to),
    rows: summary.rows,
    skipped: summary.skipped,
    effective_rows: summary.effectiveRows,
    rows_needed: sensitivity?.rowsNeeded ?? null,
    accuracy: accuracyOf(summary),
    estimated_accuracy: estimatedAccuracy(profile, summary),
    verdict: verdict ?? (profile.rows < MIN_CALIBRATED_ROWS ? 'too few rows' : null),
    methods: Object.fromEntries(methods),
    clusters: { baseline: sharesOf(profile.counts), window: sharesOf(summary.clusters) },
    predicted: predictedShares(profile, summary),
    causes,
    images,
  };
}

function methodReport(
  { method, result, pAdjusted }: Found,
  ofClusters: Sensitivity | null,
  { thresholds, context }: DriftSettings,
): MethodReport | null {
  if (result === null) return null;
  const { value, base, low, high, band, p, details } = result;
  const rule = { alpha: context.alpha, threshold: thresholds.get(method.name) };
  return {
    value,
    base: base ?? null,
    low,
    high,
    band,
    p,
    p_adjusted: pAdjusted,
    verdict: verdictOf(result, pAdjusted, result.sensitivity ?? ofClusters, method, rule),
    details: details ?? null,
  };
}

function clusterSensitivity(
  { reference }: Profile,
  window: WindowSummary,
  { context }: DriftSettings,
): Sensitivity | null {
  if (!reference?.rows || !window.reference) return null;
  const { clusters } = window.reference;
  const bins = reference.counts.filter((count, i) => count + clusters[i]! > 0).length;
  const rows = effectiveReferenceRows(reference);
  return sensitivityOf(bins, rows, window.effectiveRows, context.detect, context.alpha);
}

function estimatedAccuracy({ reference }: Profile, window: WindowSummary): EstimatedAccuracy | null {
  const confidence = window.reference?.confidence;
  if (!reference?.reliability || !confidence || totalOf(reference.reliability.total) === 0) return null;
  return estimateAccuracy(reference.reliability, confidence, window.effectiveRows);
}

function predictedShares({ labels }: Profile, { predicted }: WindowSummary): WindowReport['predicted'] {
  if (!labels.predicted || !predicted || !totalOf(labels.predicted) || !totalOf(predicted)) return null;
  return { baseline: sharesOf(labels.predicted), window: sharesOf(predicted) };
}

function sharesOf(counts: readonly number[]): number[] {
  const total = totalOf(counts);
  return counts.map((count) => count / total);
}

function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
