/** What the p-value of a test decides: the adjusted one, where p-values are adjusted for the number of windows. */

interface Tested<P extends number | null> {
  p: P;
  p_adjusted: number | null;
}

export function decidingP<P extends number | null>({ p, p_adjusted }: Tested<P>): number | P {
  return p_adjusted ?? p;
}

/** Whether a value is outside of its range, but not beyond the threshold, and so is not called drift. */
export function isBelowThreshold(
  { verdict, ...tested }: Tested<number | null> & { verdict: string | null },
  threshold: number | undefined,
  alpha: number,
): boolean {
  return threshold !== undefined && verdict === 'no drift' && (decidingP(tested) ?? 1) <= alpha;
}
