/**
 * Turns numbers into one of three verdicts.
 *
 * - `drift`: the p-value, corrected for the number of methods, is at most alpha, and the value is beyond the threshold,
 *   if there is one. With `adjust`, the p-value is that adjusted for the number of windows.
 * - `too few rows`: the p-value is above alpha, and the window would miss the stated distance more than once in five
 *   times.
 * - `no drift`: otherwise.
 */
import type { Method, MethodResult } from '../methods/method.js';
import { ASKED_POWER, type Sensitivity } from '../null/sensitivity.js';

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

export interface VerdictRule {
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
