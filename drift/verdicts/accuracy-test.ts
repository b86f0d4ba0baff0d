/**
 * Measured accuracy beside the baseline's. It has a test of its own and no part in the verdict on drift: a model can lose
 * accuracy on images that look like the baseline's, and images can drift without harm.
 */
import type { Adjustment } from '../options/index.js';
import type { Profile } from '../profile/profile.js';
import { accuracyOf, type LabelCounts } from '../rows/label-tally.js';
import { benjaminiHochberg, holm } from '../statistics/adjusted-p-values.js';
import { fisherExactP } from '../tests/fisher-exact.js';
import { effectiveBaselineRows } from '../windows/effective-rows.js';
import type { WindowSummary } from '../windows/window-summary.js';

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
  /**
   * `p` adjusted for the number of windows: by Holm, or by Benjamini and Hochberg where that was asked for. The verdict follows
   * it. Null with one window, which needs no adjustment.
   */
  p_adjusted: number | null;
  /** `lower` or `higher` than the baseline's if p is at most alpha; otherwise the difference is `within chance`. */
  verdict: 'lower' | 'higher' | 'within chance';
}

interface AccuracyRule {
  alpha: number;
  adjust: Adjustment | null;
}

/**
 * One result for each window; null without labels on both sides. Repeated rows count once.
 *
 * Adjusted by Holm, the chance that any window of a quiet year is said to have lost accuracy is at most alpha.
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

/** Counts of fewer rows with the same share of correct ones. */
function atShare({ labelled, correct }: LabelCounts, share: number): { labelled: number; correct: number } {
  const rows = Math.max(1, Math.round(labelled * share));
  return { labelled: rows, correct: labelled === 0 ? 0 : Math.round((correct * rows) / labelled) };
}
