/** Shared by the methods that compare rows: the samples, and how many relabellings they can afford. */
import type { Profile } from '../profile/profile.js';
import type { RowSample } from '../rows/row-sample.js';
import type { LevelledOptions, PermutationResult } from '../tests/permutation-test.js';
import type { WindowSummary } from '../windows/window-summary.js';
import type { MethodContext, MethodResult } from './method.js';

/** Relabellings for a window without drift; a quarter of a second for 1,000 rows against 1,000. */
const FIRST_DRAWS = 200;
/**
 * Relabellings for a window with drift. They take a second and reach p = 1 / 1,501, which stays significant among 75
 * windows.
 */
const MOST_DRAWS = 1_500;

/** @returns null if either side has fewer rows than `least` */
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

/** @param most limit of the draws, whatever the context asks for */
export function drawsFor({ draws, maxDraws, seed, alpha }: MethodContext, stream: number, most = MOST_DRAWS) {
  const first = Math.min(draws, FIRST_DRAWS);
  return {
    draws: first,
    maxDraws: Math.max(first, Math.min(maxDraws, most)),
    seed,
    stream,
    level: alpha,
  } satisfies LevelledOptions & Record<string, number>;
}

/** The result of any permutation test. */
export function tested(
  { value, low, high, band, p, draws }: PermutationResult & { value: number; low: number; high: number },
  details: Readonly<Record<string, unknown>>,
): MethodResult {
  return { value, low, high, band, p, sensitivity: null, details: { ...details, draws } };
}
