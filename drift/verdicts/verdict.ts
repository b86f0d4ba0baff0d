/**
 * From numbers to one of three words.
 *
 * `drift`: the p-value, after adjustment for all windows and methods, is at most alpha, and the value on the wrong side of
 * the threshold where there is one. `too few rows`: it is not, and the window would have missed the stated distance more
 * than once in five times. `no drift`: it is not, though the window could have seen it.
 */
import type { Method, MethodResult } from '../methods/method.js';
import type { Sensitivity } from '../null/sensitivity.js';
import { ASKED_POWER } from '../null/sensitivity.js';
import { benjaminiHochberg } from '../statistics/adjusted-p-values.js';

export type Verdict = 'no drift' | 'drift' | 'too few rows';

export interface VerdictRule {
  alpha: number;
  /** Undefined: none. */
  threshold: number | undefined;
}

/** @param sensitivity of the method, or else of the clusters */
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

/** Drift where any method says so; too few rows where no method had enough; null where none says anything. */
export function windowVerdict(verdicts: readonly (Verdict | null)[]): Verdict | null {
  const said = verdicts.filter((verdict) => verdict !== null);
  if (said.length === 0) return null;
  if (said.includes('drift')) return 'drift';
  return said.every((verdict) => verdict === 'too few rows') ? 'too few rows' : 'no drift';
}

/**
 * P-values of all windows by all methods, adjusted: Benjamini-Hochberg over the windows of a method, times the methods that
 * have any (Bonferroni: whoever looks at more methods sees more chance).
 * @param ps by method, by window
 */
export function adjustAll(ps: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const methods = ps.filter((windows) => windows.some((p) => p !== null)).length;
  return ps.map((windows) => benjaminiHochberg(windows).map((p) => (p === null ? null : Math.min(1, p * methods))));
}
