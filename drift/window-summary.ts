/** What a window of production rows is boiled down to: all that the methods compare. */
import type { RowSample, StatisticCounts } from './reference.js';
import type { WindowCounts } from './window-counts.js';

export interface WindowSummary extends WindowCounts {
  /** Null where the profile has no reference. */
  reference: ReferenceCounts | null;
  /** Embeddings and how often each came: those of the smallest keys. */
  repeats: { keys: Float64Array; weights: Int32Array };
  /**
   * Rows that the window is worth: a row seen twice is no second witness. n_eff = (Σ w)² / Σ w² over the different
   * embeddings (L. Kish, Survey Sampling, 1965); equal to `rows` where none repeats. 0 without rows.
   */
  effectiveRows: number;
}

/** A window's rows in the bins of a profile's reference. */
export interface ReferenceCounts {
  /** Rows nearest to each of the reference's centroids. */
  clusters: number[];
  /** Rows by bin of the reference's histograms; null where the window has no scores or the reference no histogram. */
  confidence: number[] | null;
  entropy: number[] | null;
  /** At most `WINDOW_SAMPLE_ROWS` different rows; empty where the counter was told that none are needed. */
  sample: RowSample;
  /** Of the columns that both the reference and the window have. */
  statistics: Readonly<Record<string, StatisticCounts>>;
}
