/**
 * The calibrated half of a profile: what p-values and verdicts are computed from.
 *
 * Baseline rows are split at random in two. On the fit rows everything is fitted that adapts to rows: centroids,
 * principal components, edges of histograms. The reference rows are only counted. Centroids adapt to the very rows they
 * were fitted on, so counts of those rows vary less than fresh rows do, and a test against them is wrong; given the fit
 * rows, the reference rows and a window without drift are exchangeable, and a permutation test is exact.
 *
 * The fit part (sizes and places of bins) is the same in all shards of a baseline. The rest is sums, counts and samples
 * by smallest key, which merge exactly and in any order.
 */
import type { Matrix64 } from '../linear/matrix.js';
import type { Projection } from '../linear/pca.js';
import type { RowSample } from '../rows/row-sample.js';
import type { Reliability } from '../statistics/estimated-accuracy.js';
import type { Moments } from '../statistics/moments.js';

export interface Reference {
  /** Of the split, and of the keys of samples. */
  seed: number;
  /** Rows that the centroids and edges were fitted on. */
  fitRows: number;
  /** Reference rows; the sum of `counts`. */
  rows: number;
  /** `[clusters, dimensions]`, float32 values: clusters of the fit rows; fewer than the profile's where those are few. */
  centroids: Matrix64;
  /** Reference rows nearest to each. */
  counts: number[];
  /** Principal components of the fit rows, float32 values; rows of the samples are coordinates in it. */
  projection: Projection;
  /** At most `REFERENCE_SAMPLE_ROWS` different reference rows. */
  sample: RowSample;
  /** Of the largest score; null without scores. */
  confidence: Histogram | null;
  /** Of the entropy of the scores, in nats; null without scores. */
  entropy: Histogram | null;
  /** Labelled reference rows by bin of `confidence`, and those of them whose prediction was right; null without scores. */
  reliability: Reliability | null;
  /** By name of the column; rows without a value are in no count. */
  statistics: Readonly<Record<string, StatisticSummary>>;
}

/** Counts between edges: bin i has the values from `edges[i - 1]` up to, not including, `edges[i]`. */
export interface Histogram {
  /** Strictly ascending, one fewer than bins; about quantiles of the fit rows. */
  edges: number[];
  counts: number[];
}

export interface StatisticSummary extends Histogram, Moments {
  /** About the mean of the fit rows: sums are taken from here, which keeps their digits. */
  centre: number;
}

/** The same of a window, at the bins and the centre of the reference. */
export interface StatisticCounts extends Moments {
  counts: number[];
}

/** Enough for the tests that compare rows, and 180 kB of JSON. */
export const REFERENCE_SAMPLE_ROWS = 1_000;
/** Of a window: what the tests that compare rows take seconds for. */
export const WINDOW_SAMPLE_ROWS = 5_000;
/** Bins of confidence, entropy and the statistics of images. */
export const MAX_BINS = 50;
/** Fewer baseline rows are not split: halves of 20 rows can tell nothing. */
export const MIN_CALIBRATED_ROWS = 40;
