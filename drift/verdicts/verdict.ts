/**
 * Turns numbers into one of three verdicts.
 *
 * - `drift`: the p-value, corrected for the number of methods, is at most alpha, and the value is beyond the threshold,
 *   if there is one. With `adjust`, the p-value is that adjusted for the number of windows.
 * - `too few rows`: the p-value is above alpha, and the window would miss the stated distance more than once in five
 *   times.
 * - `no drift`: otherwise.
 */

import { percent } from '../causes/image-reports.js';
import { grouped } from '../drift-error.js';
import { dependences } from '../groups/effective.js';
import type { Method, MethodContext, MethodResult } from '../methods/method.js';
import { type BrokenKind, repeats } from '../methods/repeats.js';
import { ASKED_POWER, type Sensitivity } from '../null/sensitivity.js';
import type { Profile } from '../profile/profile.js';
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
  /** Undefined if there is no threshold. */
  threshold: number | undefined;
}

/**
 * @param p corrected for the number of methods, and adjusted for that of windows if asked for
 * @param sensitivity power of the methods that vote together, as far as it is known
 */
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
 * The share of images that repeat others, or are black or white, where it is too large for chance, whoever votes; else null. The
 * network's confidence in such images says nothing, so that no accuracy can be estimated from it.
 *
 * @param context of a single method
 */
export function brokenImages(profile: Profile, window: WindowSummary, context: MethodContext): MethodResult | null {
  const result = repeats.compare(profile, window, context);
  return result !== null && result.p! <= context.alpha ? result : null;
}

const ARE: Readonly<Record<BrokenKind, string>> = { repeated: 'repeat others', black: 'are black', white: 'are white' };

/**
 * @param broken result of `brokenNote`, and
 * @param days result of `sameDaysNote`; null where there is nothing to say
 */
export function windowNotes(
  window: WindowSummary,
  verdict: Verdict | null,
  { broken, days }: { broken: string | null; days: string | null },
): string[] {
  const step = dependences(window.groups, window.rows).order?.step ?? null;
  return [
    ...(broken === null ? [] : [broken]),
    ...(verdict === 'drift' && step !== null
      ? [`from about row ${grouped(step)} on, the images are unlike those before`]
      : []),
    ...(days === null ? [] : [days]),
  ];
}

/** Why no accuracy can be estimated. @param result of `brokenImages` */
export function brokenNote({ value, details }: MethodResult): string {
  const { kind, baseline } = details as { kind: BrokenKind; baseline: number };
  return `${percent(value)} of the images ${ARE[kind]}; baseline: ${percent(baseline)}. So no accuracy is estimated`;
}
