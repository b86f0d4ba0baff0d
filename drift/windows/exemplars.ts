/** Example rows for each cluster: nearest to its centroid, typical, and farthest, unusual. Parts merge exactly. */
import { DriftError } from '../drift-error.js';
import { type PlainKind, plainKind } from '../images/image-checks.js';
import type { Matrix64 } from '../linear/matrix.js';
import type { Profile } from '../profile/profile.js';
import { checkBatch, type DriftBatch } from '../rows/batch.js';
import { predictedOf } from '../rows/tallies.js';
import { added } from '../statistics/counts.js';

/** What is known of a row beside the numbers: `site: plant 3`. */
export interface Fact {
  name: string;
  value: string;
}

export interface ExemplarRow {
  /** Where the row comes from, e.g. the path of an event table, and its number there, from 0. */
  source: string;
  row: number;
  /** Euclidean distance to the cluster's centroid. */
  distance: number;
  /** Class names; null where not known. */
  predicted: string | null;
  target: string | null;
  /** Null where there is none. */
  imageUrl: string | null;
  /** What the other columns of its table say of it. */
  facts: readonly Fact[];
}

export interface ClusterExtremes {
  /** Nearest first. */
  nearest: ExemplarRow[];
  /** Farthest first. In a small cluster, the same rows can be nearest and farthest. */
  farthest: ExemplarRow[];
  /** Images of the cluster whose brightness and contrast are known, and those that show next to nothing. */
  plain: PlainCounts;
}

export type PlainCounts = Record<PlainKind | 'images', number>;

const noPlain = (): PlainCounts => ({ images: 0, black: 0, colour: 0 });

export class ExemplarKeeper {
  readonly #clusters: ClusterExtremes[];
  #rows = 0;
  readonly #profile: Pick<Profile, 'centroids' | 'classes'>;
  readonly #keep: number;
  readonly #source: string;

  /** @param keep rows of each kind for each cluster, at least 1 @param source goes into every row */
  constructor(profile: Pick<Profile, 'centroids' | 'classes'>, keep: number, source: string) {
    this.#profile = profile;
    this.#keep = keep;
    this.#source = source;
    if (!Number.isInteger(keep) || keep < 1) {
      throw new DriftError('EXEMPLARS_COUNT', `${keep} exemplars a cluster; a whole number from 1 on is needed`);
    }
    this.#clusters = Array.from({ length: profile.centroids.rows }, () => ({
      nearest: [],
      farthest: [],
      plain: noPlain(),
    }));
  }

  /**
   * @param nearest `[rows]`: the result of `WindowCounter.add`
   * @param factsOf asked for rows that are kept
   * @throws DriftError as `WindowCounter.add`
   */
  add(
    batch: DriftBatch,
    nearest: Int32Array,
    imageUrls?: readonly (string | null)[],
    factsOf: (row: number) => readonly Fact[] = () => [],
  ): void {
    checkBatch(batch, this.#profile.centroids.columns, this.#profile.classes.length, this.#source);
    for (let row = 0; row < batch.embeddings.rows; row++) {
      const cluster = this.#clusters[nearest[row]!];
      if (cluster === undefined) continue;
      countPlain(cluster.plain, batch, row);
      const distance = distanceTo(this.#profile.centroids, nearest[row]!, batch, row);
      const place = { source: this.#source, row: batch.rowNumbers?.[row] ?? this.#rows + row, distance };
      const isKept = (kept: readonly ExemplarRow[], order: Order) =>
        kept.length < this.#keep || order(place, kept.at(-1)!) < 0;
      if (!isKept(cluster.nearest, nearer) && !isKept(cluster.farthest, farther)) continue;
      const known = { imageUrl: imageUrls?.[row] ?? null, facts: factsOf(row) };
      const exemplar = { ...place, ...this.#describe(batch, row), ...known };
      insert(cluster.nearest, exemplar, nearer, this.#keep);
      insert(cluster.farthest, exemplar, farther, this.#keep);
    }
    this.#rows += batch.embeddings.rows;
  }

  /** `[clusters]`, in the order of the profile's centroids. */
  extremes(): ClusterExtremes[] {
    return this.#clusters.map(({ nearest, farthest, plain }) => {
      return { nearest: [...nearest], farthest: [...farthest], plain: { ...plain } };
    });
  }

  #describe({ scores, targets }: DriftBatch, row: number): Pick<ExemplarRow, 'predicted' | 'target'> {
    const predicted = scores ? (this.#profile.classes[predictedOf(scores, row)] ?? null) : null;
    return { predicted, target: targets?.[row] ?? null };
  }
}

/** Merges parts of a window that have the same centroids. @param keep as for them @throws DriftError `COUNTS_DIFFER` */
export function mergeExtremes(
  a: readonly ClusterExtremes[],
  b: readonly ClusterExtremes[],
  keep: number,
): ClusterExtremes[] {
  if (a.length !== b.length) {
    throw new DriftError('COUNTS_DIFFER', `exemplars of ${a.length} clusters and of ${b.length}`);
  }
  return a.map((cluster, index) => ({
    nearest: merged(cluster.nearest, b[index]!.nearest, nearer, keep),
    farthest: merged(cluster.farthest, b[index]!.farthest, farther, keep),
    plain: added(cluster.plain, b[index]!.plain),
  }));
}

function countPlain(counts: PlainCounts, { statistics }: DriftBatch, row: number): void {
  const brightness = statistics?.['brightness']?.[row] ?? Number.NaN;
  const contrast = statistics?.['contrast']?.[row] ?? Number.NaN;
  if (!Number.isFinite(brightness) || !Number.isFinite(contrast)) return;
  counts.images++;
  const kind = plainKind(brightness, contrast);
  if (kind !== null) counts[kind]++;
}

type Place = Pick<ExemplarRow, 'source' | 'row' | 'distance'>;
type Order = (a: Place, b: Place) => number;

const nearer: Order = (a, b) => a.distance - b.distance || byPlace(a, b);
const farther: Order = (a, b) => b.distance - a.distance || byPlace(a, b);

/** Ties go to the earlier row, so that the order of the parts does not matter. */
function byPlace(a: Place, b: Place): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.row - b.row;
}

function merged(a: readonly ExemplarRow[], b: readonly ExemplarRow[], order: Order, keep: number): ExemplarRow[] {
  const kept = [...a];
  for (const exemplar of b) insert(kept, exemplar, order, keep);
  return kept;
}

/** Inserts into a sorted list of at most `keep`. An image that came twice is kept once. */
function insert(kept: ExemplarRow[], exemplar: ExemplarRow, order: Order, keep: number): void {
  const same = kept.findIndex((other) => isSameImage(other, exemplar));
  if (same >= 0) {
    if (order(exemplar, kept[same]!) < 0) kept[same] = exemplar;
    return;
  }
  let place = kept.length;
  while (place > 0 && order(exemplar, kept[place - 1]!) < 0) place--;
  kept.splice(place, 0, exemplar);
  if (kept.length > keep) kept.pop();
}

function isSameImage(a: ExemplarRow, b: ExemplarRow): boolean {
  return a.distance === b.distance && a.imageUrl !== null && a.imageUrl === b.imageUrl;
}

function distanceTo(centroids: Matrix64, cluster: number, { embeddings }: DriftBatch, row: number): number {
  const { columns } = centroids;
  let sum = 0;
  for (let i = 0; i < columns; i++) {
    const difference = embeddings.data[row * columns + i]! - centroids.data[cluster * columns + i]!;
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}
