/** What the rows of event tables say of their accuracy, and of which of them to label. */
import { NearestCentroid } from '../clustering/assign.js';
import { RowGrouper } from '../groups/grouping.js';
import type { Profile } from '../profile/profile.js';
import { checkBatch, type DriftBatch, isBatchRowUsable } from '../rows/batch.js';
import { rowKey } from '../rows/keys.js';
import { confidenceOf, predictedOf } from '../rows/tallies.js';
import { binOf, totalOf } from '../statistics/counts.js';
import { calibratedRates } from '../statistics/estimated-accuracy.js';

export interface LabelRow {
  /** Its number among all rows that came. */
  rowNumber: number;
  /** Index of the predicted class; -1 where several may hold. */
  predicted: number;
  /** NaN where several may hold. */
  confidence: number;
  /** How often predictions of this confidence are right in the baseline; null where not known. */
  rate: number | null;
  /** Key of what it hangs together with: its group, or near-duplicates. */
  group: number;
  /** Index of the nearest centroid of the profile; 0 without one. */
  cluster: number;
}

export class LabelRows {
  readonly #profile: Profile | null;
  readonly #classes: readonly string[];
  readonly #rateOf: ((confidence: number) => number) | null;
  readonly #nearest: NearestCentroid | null;
  readonly #grouper: RowGrouper;
  readonly #seed: number;
  #next = 0;
  #skipped = 0;

  constructor(profile: Profile | null, dimensions: number, classes: readonly string[]) {
    this.#profile = profile;
    this.#classes = classes;
    this.#rateOf = profile && rateByConfidence(profile);
    this.#nearest = profile && new NearestCentroid(profile.centroids);
    this.#seed = profile?.reference?.seed ?? 0;
    this.#grouper = new RowGrouper(profile?.groups ?? null, dimensions, this.#seed);
  }

  /** Rows that are left out because a value is not finite. */
  get skipped(): number {
    return this.#skipped;
  }

  /** @param batch with scores, or with columns of several labels @returns one for each row; null where it is left out @throws as `checkBatch` */
  add(batch: DriftBatch, what: string): (LabelRow | null)[] {
    const { embeddings } = batch;
    checkBatch(batch, this.#profile?.dimensions ?? embeddings.columns, this.#classes.length, what);
    return Array.from({ length: embeddings.rows }, (_, row) => this.#rowOf(batch, row));
  }

  #rowOf(batch: DriftBatch, row: number): LabelRow | null {
    const rowNumber = this.#next++;
    if (!isBatchRowUsable(batch, row)) {
      this.#skipped++;
      return null;
    }
    const { scores } = batch;
    const confidence = scores ? confidenceOf(scores, row) : Number.NaN;
    const key = rowKey(batch.embeddings, row, this.#seed);
    return {
      rowNumber,
      predicted: scores ? predictedOf(scores, row) : -1,
      confidence,
      rate: scores ? (this.#rateOf?.(confidence) ?? null) : null,
      group: this.#grouper.of(batch, row, rowNumber, key).group,
      cluster: this.#nearest?.of(batch.embeddings, row) ?? 0,
    };
  }
}

/** Null where the profile has no labels, or no scores. */
function rateByConfidence({ reference }: Profile): ((confidence: number) => number) | null {
  const { reliability, confidence } = reference ?? {};
  if (!reliability || !confidence || totalOf(reliability.total) === 0) return null;
  const rates = calibratedRates(reliability);
  return (value) => rates[binOf(confidence.edges, value)]!;
}
