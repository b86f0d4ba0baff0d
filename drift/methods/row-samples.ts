/** Shared by the methods that compare rows: the samples, and how many relabellings they can afford. */

import { firstCopies } from '../groups/copies.js';
import { dependences, everyIndependent } from '../groups/effective.js';
import type { Profile } from '../profile/profile.js';
import { type RowSample, takeSampled } from '../rows/row-sample.js';
import type { LevelledOptions, TestedValue } from '../tests/permutation-test.js';
import { scatteredIn } from '../windows/scattered.js';
import type { WindowSummary } from '../windows/window-summary.js';
import type { MethodContext, MethodResult } from './method.js';

/** Relabellings for a window without drift; a quarter of a second for 1,000 rows against 1,000. */
const FIRST_DRAWS = 200;
/** Limit for a window with drift: takes a second; p = 1 / 1,501 stays significant among 75 windows. */
const MOST_DRAWS = 1_500;
/** The smallest p-value of a method that compares rows. */
export const LEAST_SAMPLED_P = 1 / (1 + MOST_DRAWS);
/** So many of them lie beyond the level. More would make p smaller, and no verdict surer. */
const ENOUGH = 10;

/** Times the distance at which the clusters' correlation is lost in chance: there it is about its own square. */
const TIMES_APART = 2;

export const LEAST_ROWS = 2;

/**
 * One row of each group; where neighbours are alike, only rows far enough apart: these tests shuffle independent rows.
 * @returns null if either side has fewer rows than `least`
 */
export function rowSamples(
  profile: Profile,
  window: WindowSummary,
  least: number,
): { reference: RowSample; sample: RowSample } | null {
  const { groups } = profile;
  if (!groups || !profile.reference || !window.reference) return null;
  const apart = everyIndependent(dependences(window.groups, window.rows), dependences(groups, profile.rows));
  const every = apart === 1 ? 1 : TIMES_APART * apart;
  const near = window.groups.given ? null : (scatteredIn(profile)?.near ?? null);
  const reference = knownRows(profile.reference.sample, every, near);
  const sample = knownRows(window.reference.sample, every, near);
  return reference.coordinates.rows < least || sample.coordinates.rows < least ? null : { reference, sample };
}

/** Each window asks for those of one baseline, and each method for those of one window. */
const known = new WeakMap<RowSample, Map<number, RowSample>>();

function knownRows(sample: RowSample, every: number, near: number | null): RowSample {
  const ofSample = known.get(sample) ?? new Map<number, RowSample>();
  known.set(sample, ofSample);
  const found = ofSample.get(every) ?? independentRows(sample, every, near);
  ofSample.set(every, found);
  return found;
}

/** The first row of each group, wherever its others are if `near` is given, and of each stretch of `every` rows the one nearest to its middle. */
function independentRows(sample: RowSample, every: number, near: number | null): RowSample {
  const first = near === null ? null : firstCopies(sample.coordinates, near);
  const groups = new Set<number>();
  const alone = Array.from(sample.groups.keys()).filter((i) => {
    const group = sample.groups[i]!;
    const isFirst = !groups.has(group);
    groups.add(group);
    return isFirst && (first === null || first[i] === i);
  });
  const kept = every === 1 ? alone : middles(sample, alone, every);
  return kept.length === sample.groups.length ? sample : takeSampled(sample, kept);
}

function middles({ rowNumbers }: RowSample, places: readonly number[], every: number): number[] {
  const chosen = new Map<number, number>();
  const fromMiddle = (place: number) => Math.abs((rowNumbers[place]! % every) - every / 2);
  for (const place of places) {
    const stretch = Math.floor(rowNumbers[place]! / every);
    const other = chosen.get(stretch);
    if (other === undefined || fromMiddle(place) < fromMiddle(other)) chosen.set(stretch, place);
  }
  return [...chosen.values()].sort((a, b) => a - b);
}

export function drawsFor(context: MethodContext, stream: number) {
  const { draws, maxDraws, seed, alpha, adjustedFor = 1, decideAt } = context;
  const first = Math.min(draws, FIRST_DRAWS);
  const enough = Math.ceil((ENOUGH * adjustedFor) / alpha);
  return {
    draws: first,
    maxDraws: Math.max(first, Math.min(maxDraws, MOST_DRAWS, enough)),
    seed,
    stream,
    level: alpha,
    decideAt,
  } satisfies LevelledOptions & Record<string, number | undefined>;
}

export function tested(
  { value, low, high, band, p, draws }: TestedValue,
  details: Readonly<Record<string, unknown>>,
): MethodResult {
  return { value, low, high, band, p, looked: null, details: { ...details, draws } };
}
