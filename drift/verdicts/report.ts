import { countedCauses, type ImagesReport, imageReports } from '../causes/image-reports.js';
import { labelWords } from '../causes/label-changes.js';
import { DriftError, grouped } from '../drift-error.js';
import { type Dependence, dependences } from '../groups/effective.js';
import { DEFAULT_GROUP } from '../groups/grouping.js';
import { js, lookedAtClusters } from '../methods/js.js';
import type { Method, MethodContext, MethodResult } from '../methods/method.js';
import { baselineRowsNeeded, defaultVotes, methodsByName } from '../methods/registry.js';
import { type Looked, type Sensitivity, sensitivityOf } from '../null/interval.js';
import type { DriftOptions } from '../options/index.js';
import type { Profile } from '../profile/profile.js';
import { checkSkipped } from '../rows/batch.js';
import { numberKey } from '../rows/keys.js';
import { labelColumn } from '../rows/label-columns.js';
import { accuracyOf } from '../rows/tallies.js';
import { totalOf } from '../statistics/counts.js';
import { type EstimatedAccuracy, estimateAccuracy } from '../statistics/estimated-accuracy.js';
import { benjaminiHochberg } from '../tests/p-values.js';
import { baselineWorth, effectiveBaselineRows } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';
import { type DriftSettings, driftSettings } from './drift-options.js';
import type { DriftReport, MethodReport, WindowReport } from './drift-report.js';
import { sameDays, sameDaysNote } from './same-days.js';
import { segmentReports } from './segments.js';
import {
  type AccuracyTest,
  accuracyInterval,
  accuracyTests,
  brokenImages,
  brokenNote,
  correctedP,
  SMALL_BASELINE,
  verdictOf,
  windowNotes,
  windowVerdict,
} from './verdict.js';

export interface NamedWindow {
  name: string;
  summary: WindowSummary;
  causes?: string[] | null | undefined;
  /** What people call a row by its number, such as `row 3 of week_2`; default: `row` and the number. */
  rowName?: ((row: number) => string) | undefined;
}

const numbered = (row: number) => `row ${grouped(row)}`;

/**
 * @throws DriftError `PROFILE_EMPTY`; `WINDOW_EMPTY`, `TOO_MANY_SKIPPED`, `HISTOGRAM_LENGTHS_DIFFER`, which name the
 *   window; what `driftSettings` throws
 */
export function driftReport(
  profile: Profile,
  windows: readonly NamedWindow[],
  options: DriftOptions = {},
): DriftReport {
  const settings = forBaseline(driftSettings(options, windows.length, profile), profile);
  const { adjust, alpha } = settings;
  if (profile.rows === 0) throw new DriftError('PROFILE_EMPTY', 'the profile has counted 0 baseline rows');
  for (const { name, summary } of windows) checkWindow(name, summary);
  const sides = windows.map(({ summary }) => sideOf(profile, summary, settings));
  const contexts = windows.map(({ summary }, w) => contextOf(sides[w]!, summary, settings));
  const results = settings.methods.map((method) =>
    windows.map(({ summary }, w) => {
      const { baseline, isPart } = sides[w]!;
      return isPart && method.needsSample ? null : method.compare(baseline, summary, contexts[w]!);
    }),
  );
  const ps = results.map((ofMethod) => ofMethod.map((result, w) => correctedP(result?.p ?? null, contexts[w]!.tests)));
  const adjusted = ps.map((ofMethod) => (adjust === null ? ofMethod.map(() => null) : benjaminiHochberg(ofMethod)));
  // Where nobody named methods, those without data in any window are not there.
  const shown = settings.methods.flatMap((method, m) =>
    settings.isDefault && results[m]!.every((result) => result === null) ? [] : [{ method, m }],
  );
  const { detect, seed, draws } = settings.context;
  const summaries = windows.map(({ summary }) => summary);
  const threshold = Object.fromEntries(settings.thresholds);
  const images = imageReports(profile, windows, alpha);
  const accuracies = accuracyTests(profile, summaries, { alpha, adjust });
  return {
    baseline: {
      rows: profile.rows,
      ...baselineWorthReport(profile),
      clusters: profile.centroids.rows,
      weights_sha256: profile.weightsSha256,
      weights_note: profile.weightsNote ?? null,
      rows_needed: baselineRowsNeeded(profile),
    },
    settings: { methods: shown.map(({ method }) => method.name), alpha, detect, seed, draws, adjust, threshold },
    windows: windows.map((window, w) => {
      const found = shown.map(({ method, m }) => ({
        method,
        result: results[m]![w]!,
        p: ps[m]![w]!,
        pAdjusted: adjusted[m]![w]!,
      }));
      const findings = { found, images: images[w]!, accuracy: accuracies[w]!, side: sides[w]! };
      return windowReport(profile, window, findings, { ...settings, context: contexts[w]! });
    }),
  };
}

/** A baseline that is too small for its clusters is so for a verdict of any kind, unless somebody names a method. */
function forBaseline(settings: DriftSettings, profile: Profile): DriftSettings {
  if (!settings.isDefault || baselineRowsNeeded(profile) === null) return settings;
  return { ...settings, methods: methodsByName([js.name]) };
}

function checkWindow(name: string, { rows, skipped }: WindowSummary): void {
  checkSkipped(name, rows, skipped);
  if (rows === 0) throw new DriftError('WINDOW_EMPTY', `${name}: 0 rows, at least 1 is needed`);
}

/** What a window is compared with. */
interface Side {
  baseline: Profile;
  /** Whether it is a part of the profile, of which no rows are kept. */
  isPart: boolean;
  note: string | null;
}

/** The days of the baseline that the window is of, where they differ from others and nobody named methods. */
function sideOf(profile: Profile, window: WindowSummary, { isDefault }: DriftSettings): Side {
  const days = sameDays(profile, window);
  if (days === null) return { baseline: profile, isPart: false, note: null };
  const isPart = isDefault && days.baseline !== null;
  return { baseline: isPart ? days.baseline! : profile, isPart, note: sameDaysNote(days, isPart) };
}

/** Each window has its own random stream, by its rows and not its place: p is the same in any company. */
function contextOf(
  { baseline, isPart }: Side,
  window: WindowSummary,
  { context, alpha, isDefault }: DriftSettings,
): MethodContext {
  const seed = numberKey(window.repeats.keys[0] ?? 0, context.seed);
  if (!isDefault) return { ...context, seed };
  const tests = defaultVotes(baseline, window, isPart);
  return { ...context, seed, tests, alpha: alpha / tests };
}

interface Found {
  method: Method;
  result: MethodResult | null;
  /** Corrected for the number of methods. */
  p: number | null;
  /** Adjusted for the number of windows, too; null if that was not asked for. */
  pAdjusted: number | null;
}

interface WindowFindings {
  found: readonly Found[];
  images: ImagesReport | null;
  accuracy: AccuracyTest | null;
  side: Side;
}

function windowReport(
  profile: Profile,
  { name, summary, causes = null, rowName = numbered }: NamedWindow,
  { found, images, accuracy, side }: WindowFindings,
  settings: DriftSettings,
): WindowReport {
  const looked = lookedTogether(found, side.baseline, summary, settings);
  const { detect } = settings.context;
  const sensitivity = looked.length === 0 ? null : sensitivityOf(looked, summary.effectiveRows, detect);
  const alone = found.map((one) => [one.method.name, methodReport(one, sensitivity, settings)] as const);
  const verdict = windowVerdict(alone.map(([, report]) => report?.verdict ?? null));
  const methods = verdict === 'drift' ? alone.map(besideDrift) : alone;
  const blind = brokenImages(profile, summary, settings.context);
  const broken = blind && brokenNote(blind);
  const alarm = smallestP(methods.filter(([, report]) => report?.verdict === 'drift'));
  const shown = verdict ?? (baselineRowsNeeded(profile) === null ? null : 'too few rows');
  const small = { looked, needed: baselineRowsNeeded(side.baseline), detect };
  const worth = { rows: side.baseline.rows, effectiveRows: effectiveBaselineRows(side.baseline) };
  // A note on its days says how many rows a part has.
  const baseline = shown === 'too few rows' && side.note === null ? smallBaselineNote(worth, summary, small) : null;
  return {
    name,
    from: isoTime(summary.from),
    to: isoTime(summary.to),
    rows: summary.rows,
    skipped: summary.skipped,
    effective_rows: summary.effectiveRows,
    effective_by: dependenceName(summary.effectiveBy, settings.groupName ?? profile.groups?.name),
    rows_needed: sensitivity?.rowsNeeded ?? null,
    labelled: summary.labelled,
    accuracy: accuracyOf(summary),
    accuracy_interval: accuracyInterval(profile, summary),
    accuracy_test: accuracy,
    estimated_accuracy: broken === null ? estimatedAccuracy(profile, summary, verdict) : null,
    no_estimate: broken ?? missingForEstimate(profile, summary),
    verdict: shown,
    p: smallestP(methods)?.[1]?.p ?? null,
    alarmed_by: alarm?.[0] ?? null,
    methods: Object.fromEntries(methods),
    clusters: {
      baseline: sharesOf((side.baseline.crossFit ?? side.baseline).counts),
      window: sharesOf(summary.clusters),
    },
    predicted: predictedShares(profile, summary),
    causes: causes && countedCauses(withAlarm(causes, alarm), images, settings.alpha),
    notes: windowNotes(summary, verdict, rowName, { broken, days: side.note, baseline }),
    segments: segmentReports(profile, summary, {
      alpha: settings.alpha,
      methods: settings.methods.map(({ name }) => name),
      context: settings.context,
    }),
    images,
  };
}

/** The label that alarmed is named, whatever else has a name. */
function withAlarm(causes: string[], alarm: NamedMethod | null): string[] {
  const { label, baseline, window, direction } = alarm?.[1]?.details ?? {};
  if (typeof label !== 'string' || causes.some((words) => words.startsWith(`label ${label}:`))) return causes;
  const shares = typeof baseline === 'number' ? { baseline, window: window as number } : null;
  return [labelWords({ label, shares, direction: direction === 'lower' ? 'lower' : 'higher' }), ...causes];
}

type NamedMethod = readonly [name: string, report: MethodReport | null];

function smallestP(methods: readonly NamedMethod[]): NamedMethod | null {
  const p = ([, report]: NamedMethod) => report?.p ?? Number.POSITIVE_INFINITY;
  return methods.reduce<NamedMethod | null>((best, one) => (best === null || p(one) < p(best) ? one : best), null);
}

function methodReport(
  { method, result, p, pAdjusted }: Found,
  sensitivity: Sensitivity | null,
  { thresholds, alpha }: DriftSettings,
): MethodReport | null {
  if (result === null) return null;
  const { value, base, low, high, band, details } = result;
  const rule = { alpha, threshold: thresholds.get(method.name) };
  return {
    value,
    base: base ?? null,
    low,
    high,
    band,
    p,
    p_adjusted: pAdjusted,
    verdict: verdictOf(result, pAdjusted ?? p, sensitivity, method, rule),
    details: details ?? null,
  };
}

/** How few rows are is said of all methods together: one that saw nothing does not call them too few where another saw a change. */
function besideDrift([name, report]: NamedMethod): NamedMethod {
  return [name, report?.verdict === 'too few rows' ? { ...report, verdict: null } : report];
}

/** The methods that vote, as far as it is known what they see; else the clusters. */
function lookedTogether(
  found: readonly Found[],
  profile: Profile,
  window: WindowSummary,
  { context: { alpha } }: DriftSettings,
): Looked[] {
  const looked = found.flatMap(({ result }) => result?.looked ?? []);
  return looked.length > 0 ? looked : [lookedAtClusters(profile, window, alpha)].filter((one) => one !== null);
}

/** Where the baseline is what is small: how many rows it needs. Null if the window is smaller, or no rows are needed. */
function smallBaselineNote(
  { rows, effectiveRows }: { rows: number; effectiveRows: number },
  window: WindowSummary,
  { looked, needed, detect }: { looked: readonly Looked[]; needed: number | null; detect: number },
): string | null {
  if (needed === null && effectiveRows >= window.effectiveRows) return null;
  const turned = looked.map((one) => ({ ...one, baselineRows: one.windowRows, windowRows: one.baselineRows }));
  const seen = turned.length === 0 ? null : sensitivityOf(turned, effectiveRows, detect).rowsNeeded;
  const enough = Math.ceil((Math.max(needed ?? 0, seen ?? 0) * rows) / effectiveRows);
  const have = `it has ${grouped(rows)} rows`;
  if (enough <= rows) return `${SMALL_BASELINE}, and so is the window: ${have}`;
  return `${SMALL_BASELINE}, not the window: ${have} and needs about ${grouped(enough)} like these`;
}

/** Only the upper end of the interval where the window drifted: its confidence cannot be trusted. */
export function estimatedAccuracy(
  { reference }: Profile,
  window: WindowSummary,
  verdict: WindowReport['verdict'],
): EstimatedAccuracy | null {
  const confidence = window.reference?.confidence;
  if (!reference?.reliability || !confidence || totalOf(reference.reliability.total) === 0) return null;
  const estimate = estimateAccuracy(reference.reliability, confidence, window.effectiveRows);
  return verdict === 'drift' ? { ...estimate, low: null } : estimate;
}

/** What an estimated accuracy lacks, in words; null where it lacks nothing. */
function missingForEstimate({ reference, labels, thresholds }: Profile, window: WindowSummary): string | null {
  if (reference === null) return 'the baseline is too small';
  if (thresholds !== undefined) return 'several labels may hold';
  if (!reference.confidence) return 'the baseline has no class scores';
  if (!window.reference?.confidence) return 'the window has no class scores';
  if (labels.labelled === 0) return 'the baseline has no labels';
  return totalOf(reference.reliability?.total ?? []) === 0 ? 'the baseline has too few labels' : null;
}

function predictedShares(profile: Profile, window: WindowSummary): WindowReport['predicted'] {
  if (profile.thresholds !== undefined) return labelShares(profile, window);
  const [{ labels }, { predicted }] = [profile, window];
  if (!labels.predicted || !predicted || !totalOf(labels.predicted) || !totalOf(predicted)) return null;
  return { baseline: sharesOf(labels.predicted), window: sharesOf(predicted) };
}

/** The share of the rows for which each label holds, where several may. */
function labelShares({ classes, reference }: Profile, window: WindowSummary): WindowReport['predicted'] {
  const shares = [reference, window.reference].map((side) =>
    classes.flatMap((label) => side?.statistics[labelColumn('holds', label)]?.mean ?? []),
  );
  const [baseline, seen] = shares as [number[], number[]];
  return baseline.length === classes.length && seen.length === classes.length ? { baseline, window: seen } : null;
}

export function baselineWorthReport(
  profile: Profile,
): Pick<DriftReport['baseline'], 'effective_rows' | 'effective_by' | 'groups'> {
  const { by } = baselineWorth(profile);
  return {
    effective_rows: effectiveBaselineRows(profile),
    effective_by: dependenceName(by, profile.groups?.name),
    groups: by === 'group' ? dependences(profile.groups!, profile.rows).groups : null,
  };
}

function dependenceName(by: Dependence, groupName: string | null | undefined): string | null {
  return by === 'group' ? (groupName ?? DEFAULT_GROUP) : by;
}

function sharesOf(counts: readonly number[]): number[] {
  const total = totalOf(counts);
  return counts.map((count) => count / total);
}

function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
