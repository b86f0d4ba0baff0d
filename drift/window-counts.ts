/**
 * Production rows as counts against a profile. Counts are plain numbers that merge by adding: shards counted on many
 * machines, in any order, give exactly the counts of one run.
 */
import { NearestCentroid } from './assign.js';
import { checkBatch, type DriftBatch, isBatchRowUsable } from './batch.js';
import { DriftError } from './drift-error.js';
import { addCounts, addLabelCounts, type LabelCounts, LabelTally } from './label-tally.js';
import type { Profile } from './profile.js';

/** The last moment that a JavaScript `Date` can hold. */
const MAX_TIME = 8.64e15;

export interface WindowCounts extends LabelCounts {
  /** Rows counted; the sum of `clusters`. */
  rows: number;
  /** Rows left out because a value of the embedding or the scores was not finite. */
  skipped: number;
  /** Rows nearest to each of the profile's centroids. */
  clusters: number[];
  /** Earliest and latest timestamp of the counted rows, ms since 1970 UTC; null where none is known. */
  from: number | null;
  to: number | null;
}

export class WindowCounter {
  private readonly nearest: NearestCentroid;
  private readonly clusters: number[];
  private readonly labels: LabelTally;
  private skipped = 0;
  private rows = 0;
  private from: number | null = null;
  private to: number | null = null;

  /** @param what names the window in messages */
  constructor(
    private readonly profile: Pick<Profile, 'centroids' | 'classes'>,
    private readonly what = 'window',
  ) {
    this.nearest = new NearestCentroid(profile.centroids);
    this.clusters = new Array<number>(this.nearest.clusters).fill(0);
    this.labels = new LabelTally(profile.classes, what);
  }

  /**
   * @returns `[rows]`: nearest centroid of each row, -1 for a skipped one
   * @throws DriftError `DIMENSIONS_DIFFER`, `CLASSES_DIFFER`, `ROWS_DIFFER`, `MATRIX_MISSHAPEN`, `TARGET_NOT_A_CLASS`,
   *   `TIMESTAMP_INVALID`
   */
  add(batch: DriftBatch): Int32Array {
    const { embeddings } = batch;
    checkBatch(batch, this.nearest.dimensions, this.profile.classes.length, this.what);
    const nearest = new Int32Array(embeddings.rows).fill(-1);
    for (let row = 0; row < embeddings.rows; row++) {
      if (!isBatchRowUsable(batch, row)) {
        this.skipped++;
        continue;
      }
      const cluster = this.nearest.of(embeddings, row);
      nearest[row] = cluster;
      this.clusters[cluster]!++;
      this.rows++;
      this.labels.add(batch, row);
      const time = this.timeOf(batch, row);
      this.from = earlier(this.from, time);
      this.to = later(this.to, time);
    }
    return nearest;
  }

  counts(): WindowCounts {
    const { rows, skipped, from, to } = this;
    return { rows, skipped, clusters: this.clusters.slice(), ...this.labels.counts(), from, to };
  }

  private timeOf(batch: DriftBatch, row: number): number | null {
    const time = batch.timestamps?.[row] ?? null;
    if (time === null || Math.abs(time) <= MAX_TIME) return time;
    throw new DriftError(
      'TIMESTAMP_INVALID',
      `${this.what}: timestamp ${time}, milliseconds since 1970 from -${MAX_TIME} to ${MAX_TIME} are possible`,
    );
  }
}

/**
 * The counts of two parts of a window that were counted against the same profile.
 * @throws DriftError `COUNTS_DIFFER` when the numbers of clusters or classes differ
 */
export function mergeWindowCounts(a: WindowCounts, b: WindowCounts): WindowCounts {
  return {
    rows: a.rows + b.rows,
    skipped: a.skipped + b.skipped,
    clusters: addCounts(a.clusters, b.clusters),
    ...addLabelCounts(a, b),
    from: earlier(a.from, b.from),
    to: later(a.to, b.to),
  };
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
