import { type Dependence, dependences, nearShare, sizeBeyondChance, worthOf } from '../groups/effective.js';
import { type GroupedRows, mergeGroupedRows } from '../groups/grouping.js';
import { type ImageCounts, mergeImageCounts, WINDOW_HASHES } from '../images/image-tally.js';
import type { Profile } from '../profile/profile.js';
import { WINDOW_SAMPLE_ROWS } from '../profile/reference.js';
import { mergeReferenceCounts, type ReferenceCounts } from '../profile/reference-counter.js';
import { effectiveShare, KeyCounts } from '../rows/keys.js';
import { mergeSamples, type RowSample } from '../rows/row-sample.js';
import { type LabelCounts, mergeSegments, type Segments } from '../rows/tallies.js';
import { added } from '../statistics/counts.js';
import type { Reliability } from '../statistics/estimated-accuracy.js';
import { scatteredIn, scatteredInWindow } from './scattered.js';

/** Counts of production rows against a profile. Shards add up to exactly the counts of one run, in any order. */
export interface WindowCounts extends LabelCounts {
  /** Rows counted; the sum of `clusters`. */
  rows: number;
  /** Rows left out because a value of the embedding or the scores was not finite. */
  skipped: number;
  /** Rows nearest to each of the profile's centroids. */
  clusters: number[];
  /** Earliest and latest timestamp of the counted rows, ms since 1970 UTC; null if no row has one. */
  from: number | null;
  to: number | null;
  /** `[7]`: rows of each day of the week in UTC, from Thursday. */
  weekdays: number[];
}

function addedCounts(a: WindowCounts, b: WindowCounts): WindowCounts {
  const plain = ({ rows, skipped, clusters, predicted, labelled, correct, weekdays }: WindowCounts) => ({
    rows,
    skipped,
    clusters,
    predicted,
    labelled,
    correct,
    weekdays,
  });
  return { ...added(plain(a), plain(b)), from: earlier(a.from, b.from), to: later(a.to, b.to) };
}

export function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

export function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

export interface WindowSummary extends WindowCounts {
  /** Null where the profile has no reference. */
  reference: ReferenceCounts | null;
  /** Its labelled rows by bin of the reference's confidence, and the right ones; null where the reference has none. */
  reliability: Reliability | null;
  /** The smallest `KEPT_KEYS` keys of embeddings, ascending, and how often each came. */
  repeats: { keys: Float64Array; weights: Int32Array };
  /** What hangs together among the rows. */
  groups: GroupedRows;
  /** The same rows by camera, site or class; null where nobody asked for segments. */
  segments: Segments | null;
  /** A few rows, which tell how often two are near each other by chance; null where the profile has no reference. */
  spread: RowSample | null;
  /** How many independent rows they are worth: `rows` if nothing repeats or hangs together; 0 without rows. */
  effectiveRows: number;
  /** Why they are fewer than `rows`. */
  effectiveBy: Dependence;
  /** Repeated and bad images; null if no row says anything of its image. */
  images: ImageCounts | null;
}

/** Enough keys to be exact for most windows. They take 1 MB in a summary and some 8 MB while counting. */
export const KEPT_KEYS = 65_536;

/**
 * The lesser of what groups and order leave, and of what repeats leave (`effectiveShare`).
 * @param weights of the kept embeddings, from which the repeats of all are estimated
 */
export function effectiveWindowRows(
  baseline: Pick<Profile, 'groups' | 'rows' | 'reference'>,
  { rows, groups, spread, reference, weights }: Counted & { weights: ArrayLike<number> },
): Pick<WindowSummary, 'effectiveRows' | 'effectiveBy'> {
  const counted = dependences(groups, rows);
  const nearByChance = spread && baseline.groups ? nearShare(spread, baseline.groups.near) : 0;
  const own = { ...counted, size: sizeBeyondChance(counted, nearByChance) };
  const { effect, by } = worthOf(rows, own, baseline.groups ? dependences(baseline.groups, baseline.rows) : own);
  const scattered = groups.given ? null : scatteredIn(baseline);
  const size = scattered && reference ? scatteredInWindow(scattered, reference.sample, rows) : 1;
  if (size > effect) return { effectiveRows: Math.max(1, rows / size), effectiveBy: 'near-duplicates' };
  const share = effectiveShare(weights);
  if (share < 1 && share * effect < 1 + AS_MUCH) return { effectiveRows: rows * share, effectiveBy: 'repeats' };
  return { effectiveRows: rows / effect, effectiveBy: by };
}

type Counted = Pick<WindowSummary, 'rows' | 'groups' | 'spread' | 'reference'>;

/** Groups of copies are found by repeats, too: then these say why. */
const AS_MUCH = 0.01;

/** Some 400 pairs. */
export const SPREAD_ROWS = 32;

/** Merges two parts counted against one profile to exactly the result of one run. @throws DriftError `COUNTS_DIFFER` */
export function mergeWindowSummaries(
  profile: Pick<Profile, 'reference' | 'groups' | 'rows'>,
  a: WindowSummary,
  b: WindowSummary,
): WindowSummary {
  const counts = addedCounts(a, b);
  const keys = new KeyCounts(KEPT_KEYS);
  for (const { repeats } of [a, b]) {
    for (const [i, key] of repeats.keys.entries()) keys.add(key, repeats.weights[i]!);
  }
  const repeats = keys.kept();
  const { reference } = profile;
  const groups = mergeGroupedRows(a.groups, b.groups, counts.clusters.length);
  const merged =
    reference && a.reference && b.reference
      ? mergeReferenceCounts(a.reference, b.reference, reference, WINDOW_SAMPLE_ROWS)
      : null;
  const spread = a.spread && b.spread && mergeSamples(a.spread, b.spread, SPREAD_ROWS);
  return {
    ...counts,
    reference: merged,
    reliability: added(a.reliability, b.reliability),
    repeats,
    groups,
    segments: a.segments && b.segments && mergeSegments(a.segments, b.segments),
    spread,
    ...effectiveWindowRows(profile, { rows: counts.rows, groups, spread, reference: merged, weights: repeats.weights }),
    images: a.images && b.images ? mergeImageCounts(a.images, b.images, WINDOW_HASHES) : (a.images ?? b.images),
  };
}
