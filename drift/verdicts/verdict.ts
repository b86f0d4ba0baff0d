/**
 * Turns numbers into one of three verdicts.
 *
 * - `drift`: the p-value, adjusted for all windows and methods, is at most alpha, and the value is beyond the
 *   threshold, if there is one.
 * - `too few rows`: the p-value is above alpha, and the window would miss the stated distance more than once in five
 *   times.
 * - `no drift`: otherwise.
 */
import type { Method, MethodResult } from '../methods/method.js';
import { ASKED_POWER, type Sensitivity } from '../null/sensitivity.js';
import { benjaminiHochberg } from '../statistics/adjusted-p-values.js';

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

/** @param sensitivity power of the method, or else of the clusters */
export function verdictOf(
  result: MethodResult,
  pAdjusted: number | null,
  sensitivity: Sensitivity | null,
  method: Method,
  { alpha, threshold }: VerdictRule,
): Verdict | null {
  if (pAdjusted === null) return null;
  if (pAdjusted <= alpha) return isBeyond(result.value, threshold, method) ? 'drift' : 'no drift';
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

/**
 * Adjusts the p-values of all windows and methods: Benjamini-Hochberg over the windows of a method, then Bonferroni
 * over the methods that have any. Whoever looks at more methods sees more by chance.
 *
 * @param ps by method, then by window
 */
export function adjustAll(ps: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const methods = ps.filter((windows) => windows.some((p) => p !== null)).length;
  return ps.map((windows) => benjaminiHochberg(windows).map((p) => (p === null ? null : Math.min(1, p * methods))));
}
