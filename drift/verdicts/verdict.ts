/**
 * The verdict is `drift` if the p-value, corrected for the number of methods (with `adjust`, adjusted for the number of
 * windows), is at most alpha, and the value is beyond the threshold, if there is one. It is `too few rows` if p is
 * above alpha, and the window would miss the stated distance more than once in five times; otherwise `no drift`.
 */
import { percent } from '../causes/image-reports.js';
import { dependences } from '../groups/effective.js';
import type { Method, MethodContext, MethodResult } from '../methods/method.js';
import { type BrokenKind, repeats } from '../methods/repeats.js';
import { ASKED_POWER, type Sensitivity } from '../null/interval.js';
import type { Adjustment } from '../options/index.js';
import type { Profile } from '../profile/profile.js';
import { accuracyOf, type LabelCounts } from '../rows/tallies.js';
import { type AccuracyInterval, type LabelSums, measuredAccuracy } from '../statistics/accuracy-interval.js';
import { totalOf } from '../statistics/counts.js';
import { accuracyAtRates, calibratedRates, type Reliability } from '../statistics/estimated-accuracy.js';
import { benjaminiHochberg, fisherExactP, holm } from '../tests/p-values.js';
import { effectiveBaselineRows } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';

/**
 * `drift`: the window differs from the baseline. `no drift`: it does not, and a change of the stated size would have
 * been seen. `too few rows`: no difference was seen, and the window is too small to see one of that size.
 *
 * @example
 * ```ts
 * import type { Verdict } from 'image-drift';
 *
 * const exitCode = (verdict: Verdict | null) => (verdict === 'drift' ? 3 : 0);
 * console.log(exitCode('too few rows')); // 0
 * ```
 */
export type Verdict = 'no drift' | 'drift' | 'too few rows';

interface VerdictRule {
  alpha: number;
  threshold: number | undefined;
}

/** @param p corrected for methods, adjusted for windows if asked for @param sensitivity of all that vote */
export function verdictOf(
  result: MethodResult,
  p: number | null,
  sensitivity: Sensitivity | null,
  method: Method,
  { alpha, threshold }: VerdictRule,
): Verdict | null {
  if (p === null) return null;
  if (p <= alpha) return isBeyond(result.value, threshold, method) ? 'drift' : 'no drift';
  return sensitivity !== null && sensitivity.power < ASKED_POWER ? 'too few rows' : 'no drift';
}

function isBeyond(value: number, threshold: number | undefined, { alarms }: Method): boolean {
  if (threshold === undefined) return true;
  return alarms === 'above' ? value >= threshold : value <= threshold;
}

/** Drift if any method says so; too few rows if no method had enough; null if no method has a verdict. */
export function windowVerdict(verdicts: readonly (Verdict | null)[]): Verdict | null {
  const said = verdicts.filter((verdict) => verdict !== null);
  if (said.length === 0) return null;
  if (said.includes('drift')) return 'drift';
  return said.every((verdict) => verdict === 'too few rows') ? 'too few rows' : 'no drift';
}

/** Bonferroni's correction: whoever looks at more methods sees more by chance. */
export function correctedP(p: number | null, methods: number): number | null {
  return p === null ? null : Math.min(1, p * methods);
}

/**
 * The share of repeated, black or white images where chance does not explain it; else null. Their confidence says
 * nothing of accuracy.
 * @param context of a single method
 */
export function brokenImages(profile: Profile, window: WindowSummary, context: MethodContext): MethodResult | null {
  const result = repeats.compare(profile, window, context);
  return result !== null && result.p! <= context.alpha ? result : null;
}

const ARE: Readonly<Record<BrokenKind, string>> = {
  repeated: 'repeat others or look the same to the network',
  black: 'are black',
  white: 'are white',
};

/** Begins the note on a window that is not what has too few rows. */
export const SMALL_BASELINE = 'the baseline is too small';

/**
 * @param rowName of a row by its number, `row 3 of week_2`
 * @param broken, days results of `brokenNote` and `sameDaysNote`; null where there is nothing to say
 */
export function windowNotes(
  window: WindowSummary,
  verdict: Verdict | null,
  rowName: (row: number) => string,
  { broken, days, baseline }: { broken: string | null; days: string | null; baseline: string | null },
): string[] {
  const step = dependences(window.groups, window.rows).order?.step ?? null;
  const isTold = verdict === 'drift' && step !== null;
  const moved = isTold ? `from about ${rowName(step)} on, the images are unlike those before` : null;
  return [broken, moved, days, baseline].filter((note) => note !== null);
}

/** Why no accuracy can be estimated. @param result of `brokenImages` */
export function brokenNote({ value, details }: MethodResult): string {
  const { kind, baseline } = details as { kind: BrokenKind; baseline: number };
  return `${percent(value)} of the images ${ARE[kind]}; baseline: ${percent(baseline)}. So no accuracy is estimated`;
}

// Measured accuracy has no part in the verdict: a model can lose accuracy on images that look like the baseline's, and
// images can drift without harm.

/**
 * The share of correct predictions, compared with the baseline's.
 *
 * @example
 * ```ts
 * import { measureWindows, readProfile } from 'image-drift';
 *
 * const { report } = await measureWindows(await readProfile('profile.json'), ['week_3.parquet']);
 * const { accuracy, accuracy_test: test } = report.windows[0]!;
 * if (test?.verdict === 'lower') console.log(`accuracy fell from ${test.baseline} to ${accuracy}`);
 * ```
 */
export interface AccuracyTest {
  /** Share of correct predictions among the labelled rows of the baseline, from 0 to 1. */
  baseline: number;
  /** Chance of a difference at least this large, up or down, if nothing has changed (Fisher's exact test). */
  p: number;
  /** `p` adjusted for the number of windows by Holm, or as asked for; the verdict follows it. Null with one window. */
  p_adjusted: number | null;
  /** `lower` or `higher` than the baseline's if p is at most alpha; otherwise the difference is `within chance`. */
  verdict: 'lower' | 'higher' | 'within chance';
}

/**
 * How far the labels leave the accuracy open on images like the window's; null without labels. Labels count as many as
 * the window's rows are worth.
 */
export function accuracyInterval(profile: Profile, window: WindowSummary): AccuracyInterval | null {
  const { labelled, correct, rows, effectiveRows } = window;
  if (labelled === 0) return null;
  const known = ratesIn(profile, window);
  const sums = known?.sums ?? { labels: labelled, right: correct, rates: 0, squares: 0, products: 0 };
  const worth = { worth: effectiveRows / rows, finite: false };
  const { low, high, labels, by } = measuredAccuracy(sums, known?.all ?? null, worth);
  return { low, high, labels, by };
}

/** What the confidence of the labelled rows and of all says, by the rates of the baseline; null where it says nothing. */
function ratesIn({ reference }: Profile, { reliability, reference: seen, labelled, rows }: WindowSummary) {
  const confidence = seen?.confidence;
  if (!reference?.reliability || !reliability || !confidence || totalOf(reference.reliability.total) === 0) return null;
  // Rows without a confidence are not random ones.
  if (totalOf(reliability.total) !== labelled || totalOf(confidence) !== rows) return null;
  const rates = calibratedRates(reference.reliability);
  return { sums: labelSums(reliability, rates), all: { rows, rate: accuracyAtRates(rates, confidence) } };
}

function labelSums({ total, correct }: Reliability, rates: readonly number[]): LabelSums {
  const sum = (of: (rate: number, i: number) => number) => rates.reduce((all, rate, i) => all + of(rate, i), 0);
  return {
    labels: totalOf(total),
    right: totalOf(correct),
    rates: sum((rate, i) => rate * total[i]!),
    squares: sum((rate, i) => rate ** 2 * total[i]!),
    products: sum((rate, i) => rate * correct[i]!),
  };
}

interface AccuracyRule {
  alpha: number;
  adjust: Adjustment | null;
}

/**
 * One result for each window; null without labels on both sides. Repeated rows count once. By Holm, any window of a
 * quiet year is said to have lost accuracy with a chance of at most alpha.
 */
export function accuracyTests(
  profile: Profile,
  windows: readonly WindowSummary[],
  { alpha, adjust }: AccuracyRule,
): (AccuracyTest | null)[] {
  const baseline = accuracyOf(profile.labels);
  const before = atShare(profile.labels, effectiveBaselineRows(profile) / profile.rows);
  const ps = windows.map((window) => {
    if (baseline === null || window.labelled === 0) return null;
    const now = atShare(window, window.effectiveRows / window.rows);
    return fisherExactP(now.correct, now.labelled, before.correct, before.labelled);
  });
  const adjusted = adjust === null ? holmOfSeveral(ps) : benjaminiHochberg(ps);
  return windows.map((window, w) => {
    const p = ps[w]!;
    if (p === null) return null;
    const pAdjusted = adjusted[w]!;
    const isChance = (pAdjusted ?? p) > alpha;
    const verdict = isChance ? 'within chance' : accuracyOf(window)! < baseline! ? 'lower' : 'higher';
    return { baseline: baseline!, p, p_adjusted: pAdjusted, verdict };
  });
}

function holmOfSeveral(ps: readonly (number | null)[]): (number | null)[] {
  if (ps.length === 1) return [null];
  const known = ps.flatMap((p, w) => (p === null ? [] : [{ p, w }]));
  const adjusted = holm(known.map(({ p }) => p));
  const places = new Map(known.map(({ w }, i) => [w, adjusted[i]!]));
  return ps.map((_, w) => places.get(w) ?? null);
}

function atShare({ labelled, correct }: LabelCounts, share: number): { labelled: number; correct: number } {
  const rows = Math.max(1, Math.round(labelled * share));
  return { labelled: rows, correct: labelled === 0 ? 0 : Math.round((correct * rows) / labelled) };
}
