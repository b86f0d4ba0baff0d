import { dependences, type Worth, worthBeside, worthOf } from '../groups/effective.js';
import type { OrderOf } from '../groups/row-order.js';
import { batchEffect } from '../groups/row-runs.js';
import type { CrossFit } from '../profile/cross-fit.js';
import type { Profile } from '../profile/profile.js';
import { statisticNames } from '../profile/reference.js';
import { countsAtRows, totalOf } from '../statistics/counts.js';
import { scatteredIn } from './scattered.js';
import type { WindowSummary } from './window-summary.js';

/** How many rows of the baseline one independent row takes; 1 where nothing is known of its groups. */
export function baselineWorth(profile: Baseline): Worth {
  const { rows, groups } = profile;
  if (groups === null) return { effect: 1, by: null };
  const worth = worthOf(rows, dependences(groups, rows));
  const { size } = scatteredIn(profile) ?? { size: 1 };
  return size > worth.effect ? { effect: Math.min(rows, size), by: 'near-duplicates' } : worth;
}

type Baseline = Pick<Profile, 'rows' | 'groups' | 'reference'>;

export function effectiveBaselineRows(profile: Baseline): number {
  return profile.rows / baselineWorth(profile).effect;
}

export interface Sides {
  baseline: readonly number[];
  window: readonly number[];
}

/** Both sides of a comparison as they were counted, and what their rows are worth. */
export interface EffectiveSides extends Sides {
  baselineRows: number;
  windowRows: number;
}

/** Cross-fitted counts. Where k-means chose clusters by their rows, the baseline's vary as those of fewer rows. */
export function clusterSides(profile: Profile, crossFit: CrossFit, window: WindowSummary): EffectiveSides {
  return {
    baseline: crossFit.counts,
    baselineRows: effectiveBaselineRows(profile) / crossFit.choiceEffect,
    window: window.clusters,
    windowRows: window.effectiveRows,
  };
}

/** @param what is counted: neighbours have more or less of it in common */
export function referenceSides(
  profile: Baseline,
  counts: readonly number[],
  window: WindowSummary,
  seen: readonly number[],
  what: OrderOf = 'cluster',
): EffectiveSides {
  const shares = effectiveShares(profile, window, what);
  return {
    baseline: counts,
    baselineRows: totalOf(counts) * shares.baseline,
    window: seen,
    windowRows: totalOf(seen) * shares.window,
  };
}

/** Counts of an image statistic, by how alike neighbours are in it: light changes slowly, objects come and go. */
export function statisticSides(
  profile: Profile,
  name: string,
  window: WindowSummary,
  seen: readonly number[],
): EffectiveSides {
  const { counts } = profile.reference!.statistics[name]!;
  const sides = referenceSides(profile, counts, window, seen);
  const { effect, by } = baselineWorth(profile);
  const own = by === 'row order' ? statisticEffect(profile, name) : null;
  if (own === null) return sides;
  const worth = (rows: number, counted: readonly number[]) => Math.min(totalOf(counted), (rows * effect) / own);
  return {
    ...sides,
    baselineRows: worth(sides.baselineRows, counts),
    windowRows: window.effectiveBy === 'row order' ? worth(sides.windowRows, seen) : sides.windowRows,
  };
}

function statisticEffect({ groups, reference }: Profile, name: string): number | null {
  const names = statisticNames(reference!);
  return batchEffect(groups!.runs.sums, names.length, names.indexOf(name), reference!.statistics[name]!.counts);
}

/** Independent rows that a row of each side is worth. */
function effectiveShares(
  profile: Baseline,
  window: WindowSummary,
  what: OrderOf,
): { baseline: number; window: number } {
  const { rows, groups } = profile;
  const { effect, by } = baselineWorth(profile);
  const now = window.effectiveRows / window.rows;
  if (groups === null) return { baseline: 1 / effect, window: now };
  const before = dependences(groups, rows);
  const own = dependences(window.groups, window.rows);
  return {
    baseline: Math.min(1, worthBeside(rows, by, before, before, what) / effect),
    window: Math.min(1, now * worthBeside(window.rows, window.effectiveBy, own, before, what)),
  };
}

export function baselineSides(
  profile: Profile,
  counts: readonly number[],
  window: WindowSummary,
  seen: readonly number[],
  what: OrderOf,
): Sides {
  const shares = effectiveShares(profile, window, what);
  return {
    baseline: countsAtRows(counts, totalOf(counts) * shares.baseline),
    window: countsAtRows(seen, totalOf(seen) * shares.window),
  };
}

export function occupiedBins({ baseline, window }: Sides): number {
  return baseline.filter((count, i) => count + window[i]! > 0).length;
}
