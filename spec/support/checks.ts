/**
 * How much of the long checks runs. `npm test` and `.ci/run` run a slice of each: fewer rounds, or cases drawn by a
 * seed, the same ones every time. `.ci/all` sets `IMAGE_DRIFT_CHECKS=all` and runs them whole.
 */
import { Random } from '../../base/index.js';

const choice = process.env['IMAGE_DRIFT_CHECKS'] ?? 'slice';
if (choice !== 'slice' && choice !== 'all') throw new Error(`IMAGE_DRIFT_CHECKS is slice or all, not ${choice}`);

export const allChecks = choice === 'all';

/** A number of rounds, rows or cases: that of the whole check or of its slice. */
export function amount(whole: number, slice: number): number {
  return allChecks ? whole : slice;
}

/** The cases of a sweep, in order: all of them, or as many as the slice has. */
export function cases<T>(all: readonly T[], slice: number): readonly T[] {
  if (allChecks || slice >= all.length) return all;
  return Array.from(new Random(1).sample(all.length, slice).sort(), (i) => all[i]!);
}
