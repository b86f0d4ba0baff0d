/**
 * The shares of rows that repeat others. A row repeats if an earlier one has the same embedding, or one half as far as
 * near-duplicates in order may be, since rows are compared wherever they are.
 */
import { copiesOfEach, type DrawnRows, firstCopies } from '../groups/copies.js';
import type { Profile } from '../profile/profile.js';
import { type RowSample, takeSampled } from '../rows/row-sample.js';
import { totalOf } from '../statistics/counts.js';
import { sizeInAll } from './scattered.js';
import type { WindowSummary } from './window-summary.js';

/** A count beside all that were looked at. */
export interface Share {
  found: number;
  of: number;
}

interface RepeatedShares {
  baseline: Share;
  window: Share;
  /** Rows of the copies of an average row of the baseline, 1 or more: how much they come together. */
  together: number;
}

/** Squared, of half the distance. */
const HALF = 0.25;

/** Null where the profile does not know how often its rows repeat. */
export function repeatedShares(profile: Profile, window: WindowSummary): RepeatedShares | null {
  const { groups, reference, rows } = profile;
  const { weights } = window.repeats;
  if (!groups || !reference || !window.reference || groups.drawn.keys.length === 0 || weights.length === 0) return null;
  const near = HALF * groups.near;
  const known = Math.min(reference.sample.keys.length, window.reference.sample.keys.length);
  const [before, now] = [sizesOf(reference.sample, known, near), sizesOf(window.reference.sample, known, near)];
  const compared = Math.min(window.rows, rows);
  const drawn = timesEach(groups.drawn);
  const same = Math.max(repeatedOf(drawn), 1 - reference.sample.keys.length / totalOf(reference.sample.weights));
  const share = joined(same, repeatedOf(before));
  const looked = Math.min(rows, totalOf(drawn));
  const repeated = joined(sameInWindow(window, compared), repeatedOf(now));
  return {
    baseline: { found: Math.round(share * looked), of: looked },
    window: { found: Math.round(repeated * compared), of: compared },
    together: sizeInAll(drawn, rows) * sizeInAll(before, rows * (1 - same)),
  };
}

/** Rows that equal no other, nor nearly, are in neither share. */
function joined(same: number, nearly: number): number {
  return 1 - (1 - same) * (1 - nearly);
}

function repeatedOf(sizes: readonly number[]): number {
  const all = totalOf(sizes);
  return all === 0 ? 0 : 1 - sizes.length / all;
}

/** Sizes of the groups of near copies among some different rows, which are a random draw. */
function sizesOf(sample: RowSample, rows: number, near: number): readonly number[] {
  const ofSample = known.get(sample) ?? new Map<number, readonly number[]>();
  known.set(sample, ofSample);
  const some = () => (rows === sample.keys.length ? sample : takeSampled(sample, [...Array(rows).keys()]));
  const found = ofSample.get(rows) ?? copiesOfEach(firstCopies(some().coordinates, near));
  ofSample.set(rows, found);
  return found;
}

/** Each window asks for those of one baseline. */
const known = new WeakMap<RowSample, Map<number, readonly number[]>>();

function timesEach({ keys }: DrawnRows): number[] {
  const times = new Map<number, number>();
  for (const key of keys) times.set(key, (times.get(key) ?? 0) + 1);
  return [...times.values()];
}

/**
 * Expected share of equal rows among `rows` rows of the window: a larger window is compared at the baseline's size. The
 * expected number of different ones is Σ (1 − C(n − w, rows) / C(n, rows)) (S. H. Hurlbert, Ecology 52, 1971).
 */
function sameInWindow({ repeats: { weights }, groups, rows: all }: WindowSummary, rows: number): number {
  const isComplete = totalOf(weights) === all;
  if (!isComplete) return repeatedOf(timesEach(groups.drawn));
  if (rows === all) return 1 - weights.length / all;
  let different = 0;
  for (const weight of weights) {
    let none = 1;
    for (let i = 0; i < weight && none > 1e-9; i++) none *= Math.max(0, 1 - rows / (all - i));
    different += 1 - none;
  }
  return 1 - different / rows;
}
