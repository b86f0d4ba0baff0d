/** The days and weeks that Fiddler charts by: in UTC; a week begins on Monday. */

const VERIFY_BINS = ['Day', 'Week'] as const;
export type VerifyBin = (typeof VERIFY_BINS)[number];

const DAY = 86_400_000;
const LENGTHS: Record<VerifyBin, number> = { Day: DAY, Week: 7 * DAY };
/** The first Monday of 1970 is the 5th of January. */
const ORIGINS: Record<VerifyBin, number> = { Day: 0, Week: 4 * DAY };

/** First moment, ms since 1970, of the bin that a moment is in. */
export function binStart(time: number, bin: VerifyBin): number {
  return Math.floor((time - ORIGINS[bin]) / LENGTHS[bin]) * LENGTHS[bin] + ORIGINS[bin];
}

/** First moment after the bin that begins then. */
export function binEnd(start: number, bin: VerifyBin): number {
  return start + LENGTHS[bin];
}

/** `2026-11-24`: a week is called after its Monday. */
export function binName(start: number): string {
  return new Date(start).toISOString().slice(0, 10);
}
