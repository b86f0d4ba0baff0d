/** What the methods that compare rows have in common: where the rows are, and how many relabellings they can pay for. */
import type { Profile } from '../profile/profile.js';
import type { RowSample } from '../rows/row-sample.js';
import type { PermutationOptions, PermutationResult } from '../tests/permutation-test.js';
import type { WindowSummary } from '../windows/window-summary.js';
import type { MethodContext, MethodResult } from './method.js';

/** Relabellings that a window without drift gets: a second's quarter for 1,000 rows against 1,000. */
const FIRST_DRAWS = 200;
/** Relabellings that a window with drift gets: a second, and p down to 1 / 1,501, which 75 windows leave significant. */
const MOST_DRAWS = 1_500;

/** @returns null where either side has fewer rows than `least` */
export function rowSamples(
  profile: Profile,
  window: WindowSummary,
  least: number,
): { reference: RowSample; sample: RowSample } | null {
  const reference = profile.reference?.sample;
  const sample = window.reference?.sample;
  if (!reference || !sample) return null;
  return reference.coordinates.rows < least || sample.coordinates.rows < least ? null : { reference, sample };
}

/** @param most at most so many draws, whatever the context asks for */
export function drawsFor({ draws, maxDraws, seed }: MethodContext, stream: number, most = MOST_DRAWS) {
  const first = Math.min(draws, FIRST_DRAWS);
  return {
    draws: first,
    maxDraws: Math.max(first, Math.min(maxDraws, most)),
    seed,
    stream,
  } satisfies PermutationOptions & Record<string, number>;
}

/** The part of a result that every test by permutation has. */
export function tested(
  { value, low, high, band, p, draws }: PermutationResult & { value: number; low: number; high: number },
  details: Readonly<Record<string, unknown>>,
): MethodResult {
  return { value, low, high, band, p, sensitivity: null, details: { ...details, draws } };
}
