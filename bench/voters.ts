/**
 * The p-values of the methods that vote by default on a window. They are those that `driftReport` decides by, as far as the
 * decision asks for: no more is drawn than it takes.
 */
import type { MethodContext, Profile, WindowSummary } from '../drift/index.js';
import { baselineRowsNeeded, votersOf } from '../drift/methods/default-methods.js';
import { numberKey } from '../drift/rows/row-key.js';

export interface VoteOptions {
  /** Level of the vote. */
  alpha: number;
  draws: number;
  seed: number;
  /** A p-value above it is only known to be so. */
  decideAt: number;
  /** Only these are asked; default all that vote. */
  methods?: readonly string[] | undefined;
}

export interface Vote {
  method: string;
  /** The method's own p, not corrected for the others. */
  p: number;
}

/** Empty where the baseline is too small for a verdict. */
export function votesOn(
  profile: Profile,
  window: WindowSummary,
  { alpha, draws, seed, decideAt, methods }: VoteOptions,
): Vote[] {
  if (baselineRowsNeeded(profile) !== null) return [];
  const voters = votersOf(profile, window);
  const context: MethodContext = {
    ...{ base: 'e', detect: 0.1, alpha: alpha / voters.length, tests: voters.length },
    ...{ draws, maxDraws: draws, decideAt },
    seed: numberKey(window.repeats.keys[0] ?? 0, seed),
  };
  const asked = voters.filter(({ name }) => methods?.includes(name) ?? true);
  return asked.map((method) => ({ method: method.name, p: method.compare(profile, window, context)!.p! }));
}

/** Whether the vote calls the window drift. */
export function isAlarm(votes: readonly Vote[], alpha: number): boolean {
  return votes.some(({ p }) => p * votes.length <= alpha);
}
