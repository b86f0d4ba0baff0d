/**
 * Near-duplicates in any order, as of shuffled clips: looked for among the rows that a profile keeps, half as far apart
 * as near-duplicates in order may be. Where the baseline has none, a window of near copies has drifted and is no clip.
 *
 * Images that a network tells apart well lie in tight classes, some as near as frames. But at twice the distance they
 * have at least four times as many pairs, as the space there holds. Frames have hardly more, up to the next clip.
 */
import { copiesOfEach, firstCopies } from '../groups/copies.js';
import { squaredDistance } from '../linear/distance.js';
import type { Profile } from '../profile/profile.js';
import { type RowSample, takeSampled } from '../rows/row-sample.js';
import { totalOf } from '../statistics/counts.js';
import { valueAt } from '../statistics/ranks.js';

/** Largest distance of near-duplicates without order, as a share of the median distance of two rows. */
const NEAR = 0.05;
/** Frames have fewer than so many times the pairs at twice the distance. In a plane, single images have four times as many. */
const MOST_GROWTH = 3;
/** Share of the rows that are near-duplicates of others, where there are clips. */
const LEAST_SHARE = 0.05;
/** Larger groups are no clips, but a mode that is so tight. */
const LARGEST_SHARE = 0.05;
/** A window may have clips that are so many times as long. */
const TIMES_AS_LONG = 2;

interface Scattered {
  /** Largest squared distance of two near-duplicates. */
  near: number;
  /** Rows of the group of an average row of the baseline. */
  size: number;
}

/** Null where the baseline has none, or its groups are given. */
export function scatteredIn({
  rows,
  groups,
  reference,
}: Pick<Profile, 'rows' | 'groups' | 'reference'>): Scattered | null {
  if (!groups || groups.given || !reference) return null;
  const { sample } = reference;
  const found = known.get(sample) ?? { scattered: measured(sample, rows) };
  known.set(sample, found);
  return found.scattered;
}

/** Each window asks for that of one baseline. */
const known = new WeakMap<RowSample, { scattered: Scattered | null }>();

function measured(sample: RowSample, rows: number): Scattered | null {
  const near = nearOf(sample);
  if (near === null) return null;
  const sizes = sizesAmong(sample, near);
  const all = totalOf(sizes);
  const inGroups = totalOf(sizes.filter((size) => size > 1));
  if (inGroups < LEAST_SHARE * all || Math.max(...sizes) > Math.max(2, LARGEST_SHARE * all)) return null;
  return { near, size: sizeInAll(sizes, rows) };
}

/** The sizes of groups that no order shows: one row of each chain is looked at. */
function sizesAmong(sample: RowSample, near: number): number[] {
  const seen = new Set<number>();
  const heads = [...sample.groups.keys()].filter((row) => seen.size < seen.add(sample.groups[row]!).size);
  return copiesOfEach(firstCopies(takeSampled(sample, heads).coordinates, near));
}

/** Null where distances look like those of single images. `nearSquare` would take scattered frames for chance. */
function nearOf({ coordinates }: RowSample): number | null {
  const { rows, columns } = coordinates;
  const data = Float64Array.from(coordinates.data);
  const squares = new Float64Array((rows * (rows - 1)) / 2);
  let at = 0;
  for (let i = 1; i < rows; i++) {
    for (let j = 0; j < i; j++) squares[at++] = squaredDistance(data, i * columns, data, j * columns, columns);
  }
  if (at === 0) return null;
  const near = NEAR ** 2 * valueAt(squares, at >> 1);
  const within = (limit: number) => squares.reduce((count, square) => count + Number(square <= limit), 0);
  return within(4 * near) < MOST_GROWTH * within(near) ? near : null;
}

/** Rows of the group of an average row of a window, 1 or more. @param sample some of its `rows` rows */
export function scatteredInWindow({ near, size }: Scattered, sample: RowSample, rows: number): number {
  const own = sizeInAll(sizesAmong(sample, near), rows);
  return Math.min(own, TIMES_AS_LONG * size);
}

/** Rows of the group of an average row among all, from the pairs of some that are of one group. */
export function sizeInAll(sizes: readonly number[], all: number): number {
  const rows = totalOf(sizes);
  if (rows < 2) return 1;
  const pairs = sizes.reduce((sum, size) => sum + size * (size - 1), 0);
  return 1 + Math.max(0, (all - 1) * (pairs / (rows * (rows - 1))));
}
