/**
 * The reference: the held-out half of a profile, for the methods that compare rows or scores. Baseline rows are split
 * at random into halves. Principal components and histogram edges are fitted on the fit rows; reference rows are only
 * counted. If nothing has changed, they and a window come from the same source, so a permutation test is exact.
 * Clusters need no half: `cross-fit.ts`. The fitted part is the same in all shards; the rest is sums, counts and
 * samples by smallest key, which merge exactly in any order.
 */
import type { Projection } from '../linear/pca.js';
import { SmallestKeys } from '../rows/keys.js';
import type { RowSample } from '../rows/row-sample.js';
import type { Reliability } from '../statistics/estimated-accuracy.js';
import type { Moments } from '../statistics/moments.js';
import type { RankCorrelations } from '../statistics/ranks.js';

export interface Reference {
  /** Seed of the split and of the samples' keys. */
  seed: number;
  /** Rows that components and edges were fitted on. */
  fitRows: number;
  rows: number;
  /** Principal components of the fit rows, float32 values. Samples hold rows as coordinates in them. */
  projection: Projection;
  /** At most `REFERENCE_SAMPLE_ROWS` different reference rows. */
  sample: RowSample;
  /** Histogram of the largest score; null without scores. */
  confidence: Histogram | null;
  /** Histogram of the entropy of the scores, in nats; null without scores. */
  entropy: Histogram | null;
  /** Labelled reference rows by bin of `confidence`, and those with a correct prediction; null without scores. */
  reliability: Reliability | null;
  /**
   * Summaries by name of the column, those of labels among them (`rows/label-columns.ts`); rows without a value are not
   * counted. Whether a label holds is counted of all rows of the baseline.
   */
  statistics: Readonly<Record<string, StatisticSummary>>;
  /** Keys of embeddings that many rows have, ascending: such rows are dealt to the halves one by one. */
  repeated: Float64Array;
  /** How they move together among the fit rows. */
  correlations: RankCorrelations;
  /** Reference rows by predicted class; null without predictions or image statistics. */
  classed: ClassedRows | null;
}

/** Counts between edges: bin i holds the values from `edges[i - 1]` (included) to `edges[i]` (excluded). */
export interface Histogram {
  /** Strictly ascending, one fewer than bins; about quantiles of the fit rows. */
  edges: number[];
  counts: number[];
}

export interface StatisticSummary extends Histogram, Moments {
  /** A value near the mean of the fit rows. Sums are taken relative to it, which keeps their digits. */
  centre: number;
}

/** The same for a window, with the bins and the centre of the reference. */
export interface StatisticCounts extends Moments {
  counts: number[];
}

/** Rows in the sample of a reference: enough for the tests that compare rows, and 180 kB of JSON. */
export const REFERENCE_SAMPLE_ROWS = 1_000;
/** Rows in the sample of a window: the tests that compare rows then take seconds. */
export const WINDOW_SAMPLE_ROWS = 5_000;
/** Largest number of bins for confidence, entropy and the statistics of images. */
export const MAX_BINS = 50;
/** A baseline with fewer rows is not split: halves of 20 rows tell nothing. */
export const MIN_CALIBRATED_ROWS = 40;

/** How many bins each column of `classed` has. */
export function classedBins({
  statistics,
  confidence,
}: {
  statistics: Readonly<Record<string, Histogram>>;
  confidence: Histogram | null;
}): number[] {
  const names = Object.keys(statistics).sort();
  return [...names.map((name) => statistics[name]!.counts.length), confidence?.counts.length ?? 0];
}

/** In the order in which sums of them are kept. */
export function statisticNames({ statistics }: Pick<Reference, 'statistics'>): string[] {
  return Object.keys(statistics).sort();
}

// A random draw of the reference rows: predicted class, bins of image statistics and of confidence. It says how the
// baseline would look if its classes were mixed as a window's are (`causes/share-changes.ts`).

export interface ClassedRows {
  /** `[rows]`, ascending: hashes of the embeddings. */
  keys: Float64Array;
  /** `[rows]`: how many rows had this embedding. */
  weights: Int32Array;
  /** `[rows]`: the predicted class, -1 where not known. */
  predicted: Int32Array;
  /** `[rows, columns]`: the bin of each statistic, by the order of their names, then that of the confidence; 255 where not known. */
  bins: Uint8Array;
}

interface ClassedRow {
  predicted: number;
  bins: Uint8Array;
}

/** Rows that are kept: 90 kB of JSON. */
export const CLASSED_ROWS = 2_000;
/** The bin of a value that is not known. */
export const NO_BIN = 255;

/** Equal embeddings may have different scores, and shards come in any order: the least of them is kept. */
function leastOf(a: ClassedRow, b: ClassedRow): ClassedRow {
  if (a.predicted !== b.predicted) return a.predicted < b.predicted ? a : b;
  const place = a.bins.findIndex((bin, i) => bin !== b.bins[i]);
  return place < 0 || a.bins[place]! < b.bins[place]! ? a : b;
}

export class ClassedRowSampler {
  readonly #rows = new SmallestKeys<ClassedRow>(CLASSED_ROWS, leastOf);

  /** @param bins -1 where not known */
  add(key: number, predicted: number, bins: () => ArrayLike<number>): void {
    const known = () => Uint8Array.from(bins(), (bin) => (bin < 0 ? NO_BIN : bin));
    this.#rows.add(key, 1, () => ({ predicted, bins: known() }));
  }

  addAll({ keys, weights, predicted, bins }: ClassedRows): void {
    const columns = bins.length / Math.max(1, keys.length);
    for (const [i, key] of keys.entries()) {
      const own = () => bins.slice(i * columns, (i + 1) * columns);
      this.#rows.add(key, weights[i]!, () => ({ predicted: predicted[i]!, bins: own() }));
    }
  }

  rows(): ClassedRows {
    const kept = this.#rows.kept();
    return {
      keys: Float64Array.from(kept, ({ key }) => key),
      weights: Int32Array.from(kept, ({ weight }) => weight),
      predicted: Int32Array.from(kept, ({ value }) => value.predicted),
      bins: Uint8Array.from(kept.flatMap(({ value }) => [...value.bins])),
    };
  }
}

export function mergeClassedRows(a: ClassedRows, b: ClassedRows): ClassedRows {
  const sampler = new ClassedRowSampler();
  sampler.addAll(a);
  sampler.addAll(b);
  return sampler.rows();
}
