/**
 * The p-values of methods on a window: of those that vote by default, or of others, each by itself. They are those that
 * `driftReport` decides by, as far as the decision asks for: no more is drawn than it takes.
 */
import type { Method, MethodContext, Profile, WindowSummary } from '../drift/index.js';
import { baselineRowsNeeded, votersOf } from '../drift/methods/registry.js';
import { numberKey } from '../drift/rows/row-key.js';

export interface VoteOptions {
  /** Level of the vote. */
  alpha: number;
  draws: number;
  seed: number;
  /** A p-value above it is only known to be so. */
  decideAt: number;
}

export interface Vote {
  method: string;
  /** The method's own p, not corrected for the others. */
  p: number;
}

/** Empty where the baseline is too small for a verdict. */
export function votesOn(profile: Profile, window: WindowSummary, options: VoteOptions): Vote[] {
  if (baselineRowsNeeded(profile) !== null) return [];
  const voters = votersOf(profile, window);
  return pValues(voters, profile, window, { ...options, alpha: options.alpha / voters.length, tests: voters.length });
}

/** Without the methods that have no p-value for the window. */
export function eachAlone(
  methods: readonly Method[],
  profile: Profile,
  window: WindowSummary,
  options: VoteOptions,
): Vote[] {
  return pValues(methods, profile, window, { ...options, tests: 1 });
}

function pValues(
  methods: readonly Method[],
  profile: Profile,
  window: WindowSummary,
  { alpha, tests, draws, seed, decideAt }: VoteOptions & { tests: number },
): Vote[] {
  const context: MethodContext = {
    ...{ base: 'e', detect: 0.1, alpha, tests, draws, maxDraws: draws, decideAt },
    seed: numberKey(window.repeats.keys[0] ?? 0, seed),
  };
  return methods.flatMap((method) => {
    const p = method.compare(profile, window, context)?.p ?? null;
    return p === null ? [] : [{ method: method.name, p }];
  });
}

/** Whether the vote calls the window drift. */
export function isAlarm(votes: readonly Vote[], alpha: number): boolean {
  return votes.some(({ p }) => p * votes.length <= alpha);
}
