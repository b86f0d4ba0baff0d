/**
 * From baseline rows to a profile, in flat memory: a first pass over the batches keeps a random sample, k-means is
 * fitted on it, and a second pass counts every row. A baseline that fits the sample whole needs no second pass.
 */
import { NearestCentroid } from './assign.js';
import { checkBatch, checkSkipped, type DriftBatch, isBatchRowUsable } from './batch.js';
import { DriftError, grouped } from './drift-error.js';
import { DEFAULT_RESTARTS, type KMeansResult, kMeans } from './kmeans.js';
import { LabelTally } from './label-tally.js';
import type { Profile } from './profile.js';
import { Reservoir } from './reservoir.js';

/**
 * Rows that k-means is fitted on at most: with 5 to 30 clusters hundreds of rows settle each centroid, and more rows
 * would cost minutes without moving it. Every row is counted, whatever this is.
 */
export const MAX_FIT_ROWS = 20_000;
/** The same in values, for long vectors: at most 64 MB as float32, and 128 MB more while k-means runs. */
const MAX_FIT_VALUES = 2 ** 24;

export const DEFAULT_CLUSTERS = 5;

/** What is known of the baseline's rows beforehand. */
export interface BaselineSource {
  dimensions: number;
  classes?: readonly string[] | undefined;
  tap?: string | null | undefined;
  weightsSha256?: string | null | undefined;
}

export interface ProfileOptions {
  /** Default 5, as in Fiddler. */
  clusters?: number | undefined;
  /** Of the sample and of k-means; default 0. */
  seed?: number | undefined;
  /** k-means starts; default 10. */
  restarts?: number | undefined;
  /** Sample size; default and maximum `MAX_FIT_ROWS`, less for vectors of more than 838 values. */
  maxFitRows?: number | undefined;
}

/** The first pass. */
export class BaselineSample {
  private readonly classes: readonly string[];
  private readonly reservoir: Reservoir;
  private readonly labels: LabelTally;
  private skipped = 0;

  /** @param what names the baseline in messages, e.g. its file */
  constructor(
    private readonly source: BaselineSource,
    private readonly options: ProfileOptions = {},
    private readonly what = 'baseline',
  ) {
    const { maxFitRows = MAX_FIT_ROWS, seed = 0 } = options;
    if (!Number.isInteger(maxFitRows) || maxFitRows < 1 || maxFitRows > MAX_FIT_ROWS) {
      throw new DriftError(
        'OPTION_OUT_OF_RANGE',
        `maxFitRows ${maxFitRows}: 1 to ${grouped(MAX_FIT_ROWS)} is possible`,
      );
    }
    const capacity = Math.max(1, Math.min(maxFitRows, Math.floor(MAX_FIT_VALUES / source.dimensions)));
    this.classes = source.classes ?? [];
    this.reservoir = new Reservoir(capacity, source.dimensions, seed);
    this.labels = new LabelTally(this.classes, what);
  }

  /** @throws DriftError `DIMENSIONS_DIFFER`, `CLASSES_DIFFER`, `ROWS_DIFFER`, `MATRIX_MISSHAPEN`, `TARGET_NOT_A_CLASS` */
  add(batch: DriftBatch): void {
    checkBatch(batch, this.source.dimensions, this.classes.length, this.what);
    for (let row = 0; row < batch.embeddings.rows; row++) {
      if (!isBatchRowUsable(batch, row)) {
        this.skipped++;
        continue;
      }
      this.reservoir.add(batch.embeddings, row);
      this.labels.add(batch, row);
    }
  }

  /**
   * Fits the centroids. Where the result is not `complete`, give it every batch once more.
   * @throws DriftError `NO_ROWS`, `TOO_MANY_SKIPPED`, and what `kMeans` throws
   */
  fit(): BaselineCounts {
    const { clusters = DEFAULT_CLUSTERS, seed = 0, restarts = DEFAULT_RESTARTS } = this.options;
    const rows = this.reservoir.seen;
    checkSkipped(this.what, rows, this.skipped);
    if (rows === 0) throw new DriftError('NO_ROWS', `${this.what}: 0 rows, at least ${clusters} are needed`);
    const sample = this.reservoir.sample();
    const found = kMeans(sample, { clusters, seed, restarts });
    const { iterations, inertia } = found;
    return new BaselineCounts(
      this.what,
      {
        rows,
        skipped: this.skipped,
        dimensions: this.source.dimensions,
        centroids: found.centroids,
        fit: { rows: sample.rows, seed, restarts, iterations, inertia },
        tap: this.source.tap ?? null,
        weightsSha256: this.source.weightsSha256 ?? null,
        classes: this.classes,
        labels: this.labels.counts(),
        reference: null,
      },
      sample.rows === rows ? found : null,
    );
  }
}

/** The second pass. */
export class BaselineCounts {
  /** True when every row was in the sample: nothing is left to count. */
  readonly complete: boolean;
  private readonly nearest: NearestCentroid;
  private readonly counts: number[];

  constructor(
    private readonly what: string,
    private readonly rest: Omit<Profile, 'counts'>,
    counted: Pick<KMeansResult, 'counts'> | null,
  ) {
    this.nearest = new NearestCentroid(rest.centroids);
    this.complete = counted !== null;
    this.counts = counted?.counts.slice() ?? new Array<number>(this.nearest.clusters).fill(0);
  }

  /** @throws DriftError as the first pass does */
  add(batch: DriftBatch): void {
    checkBatch(batch, this.rest.dimensions, this.rest.classes.length, this.what);
    for (let row = 0; row < batch.embeddings.rows; row++) {
      if (isBatchRowUsable(batch, row)) this.counts[this.nearest.of(batch.embeddings, row)]!++;
    }
  }

  /** @throws DriftError `BASELINE_CHANGED` when the second pass saw another number of rows than the first */
  profile(): Profile {
    const counted = this.counts.reduce((sum, count) => sum + count, 0);
    if (counted !== this.rest.rows) {
      throw new DriftError(
        'BASELINE_CHANGED',
        `${this.what}: ${grouped(this.rest.rows)} rows in the first pass, ${grouped(counted)} in the second`,
      );
    }
    return { ...this.rest, counts: this.counts.slice() };
  }
}

/** The profile of a baseline that is in memory whole; throws what `BaselineSample` throws. */
export function fitProfile(
  baseline: DriftBatch,
  source: Omit<BaselineSource, 'dimensions'> = {},
  options: ProfileOptions = {},
): Profile {
  const sample = new BaselineSample({ ...source, dimensions: baseline.embeddings.columns }, options);
  sample.add(baseline);
  const counts = sample.fit();
  if (!counts.complete) counts.add(baseline);
  return counts.profile();
}
