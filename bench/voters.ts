/** P-values of the default's or of other methods on a window, drawn as far as the decision of `driftReport` needs. */

import type { Random } from '../base/index.js';
import {
  countNearest,
  type Matrix,
  type Method,
  type MethodContext,
  type Profile,
  WindowCounter,
  type WindowSummary,
} from '../drift/index.js';
import { baselineRowsNeeded, votersOf } from '../drift/methods/registry.js';
import { numberKey } from '../drift/rows/keys.js';

export interface VoteOptions {
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

export function isAlarm(votes: readonly Vote[], alpha: number): boolean {
  return votes.some(({ p }) => p * votes.length <= alpha);
}

// Windows by the thousand for one profile: rows are counted in its clusters once, and a window has counts alone.

export class WindowPool {
  /** Share of the pool's rows in each cluster. */
  readonly shares: number[];
  readonly #labels: Int32Array;
  readonly #empty: WindowSummary;

  constructor(rows: Matrix, profile: Profile) {
    const { counts, labels } = countNearest(profile.centroids, rows);
    this.#labels = labels;
    this.shares = counts.map((count) => count / labels.length);
    this.#empty = new WindowCounter(profile, { sampleRows: 0 }).summary();
  }

  /** A window of rows drawn with replacement. */
  window(rows: number, random: Random): WindowSummary {
    const clusters = this.shares.map(() => 0);
    for (let i = 0; i < rows; i++) clusters[this.#labels[random.below(this.#labels.length)]!]!++;
    return { ...this.#empty, rows, clusters, effectiveRows: rows };
  }
}

/** A share that is counted in clusters of trials, such as the windows of one baseline. */
export interface ClusteredShare {
  share: number;
  /** The share's, from how the clusters differ: trials of one cluster may have their luck in common. */
  standardError: number;
}

/**
 * @param counts `[clusters]`: trials of each cluster that count
 * @param each trials of each cluster
 */
export function clusteredShare(counts: readonly number[], each: number): ClusteredShare {
  const clusters = counts.length;
  const share = counts.reduce((sum, count) => sum + count, 0) / (clusters * each);
  const spread = counts.reduce((sum, count) => sum + (count / each - share) ** 2, 0);
  return { share, standardError: Math.sqrt(spread / (clusters * (clusters - 1))) };
}
