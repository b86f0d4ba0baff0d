import { NearestCentroid } from '../clustering/assign.js';
import { DriftError } from '../drift-error.js';
import { GroupedRowsCounter, RowGrouper } from '../groups/grouping.js';
import { ImageTally, WINDOW_HASHES } from '../images/image-tally.js';
import type { Profile } from '../profile/profile.js';
import { WINDOW_SAMPLE_ROWS } from '../profile/reference.js';
import { binCountsOf, ReferenceCounter, rowBinsOf, runScoresOf } from '../profile/reference-counter.js';
import { DAYS, weekdayOf } from '../profile/weekdays.js';
import { checkBatch, type DriftBatch, isBatchRowUsable } from '../rows/batch.js';
import { KeyCounts, rowKey } from '../rows/keys.js';
import { RowSampler } from '../rows/row-sample.js';
import { LabelTally, SegmentTally } from '../rows/tallies.js';
import type { Reliability } from '../statistics/estimated-accuracy.js';
import { earlier, effectiveWindowRows, KEPT_KEYS, later, SPREAD_ROWS, type WindowSummary } from './window-summary.js';

/** The last moment that a JavaScript `Date` can hold. */
const MAX_TIME = 8.64e15;

export interface WindowCounterOptions {
  /** Names the window in messages; default `window`. */
  what?: string | undefined;
  /** Rows in the window's sample, up to 700 kB; default `WINDOW_SAMPLE_ROWS`; 0 if no method needs rows. */
  sampleRows?: number | undefined;
}

type CountedAgainst = Pick<Profile, 'rows' | 'centroids' | 'classes' | 'reference' | 'groups'> &
  Partial<Pick<Profile, 'images'>>;

export class WindowCounter {
  readonly #what: string;
  readonly #nearest: NearestCentroid;
  readonly #clusters: number[];
  readonly #labels: LabelTally;
  readonly #reference: ReferenceCounter | null;
  readonly #reliability: Reliability | null;
  readonly #keys = new KeyCounts(KEPT_KEYS);
  readonly #grouper: RowGrouper;
  readonly #groups: GroupedRowsCounter;
  #segments: SegmentTally | null = null;
  readonly #spread: RowSampler | null;
  readonly #seed: number;
  #images: ImageTally | null = null;
  #nextRow = 0;
  #skipped = 0;
  #rows = 0;
  #from: number | null = null;
  #to: number | null = null;
  readonly #weekdays = DAYS.map(() => 0);
  readonly #profile: CountedAgainst;

  constructor(profile: CountedAgainst, options: WindowCounterOptions = {}) {
    this.#profile = profile;
    const { what = 'window', sampleRows = WINDOW_SAMPLE_ROWS } = options;
    const { reference } = profile;
    this.#what = what;
    this.#nearest = new NearestCentroid(profile.centroids);
    this.#clusters = new Array<number>(this.#nearest.clusters).fill(0);
    this.#labels = new LabelTally(profile.classes, what);
    this.#reference = reference && new ReferenceCounter(reference, sampleRows);
    const none = () => new Array<number>(reference!.confidence!.counts.length).fill(0);
    this.#reliability = reference?.confidence ? { total: none(), correct: none() } : null;
    this.#seed = reference?.seed ?? 0;
    this.#spread = reference && new RowSampler(reference.projection, SPREAD_ROWS);
    this.#grouper = new RowGrouper(profile.groups, profile.centroids.columns, this.#seed);
    this.#groups = new GroupedRowsCounter(this.#nearest.clusters);
  }

  /**
   * @returns `[rows]`: index of the nearest centroid of the profile, -1 for a skipped row
   * @throws DriftError `DIMENSIONS_DIFFER`, `CLASSES_DIFFER`, `ROWS_DIFFER`, `MATRIX_MISSHAPEN`, `TARGET_NOT_A_CLASS`,
   *   `TIMESTAMP_INVALID`
   */
  add(batch: DriftBatch): Int32Array {
    const { embeddings } = batch;
    checkBatch(batch, this.#nearest.dimensions, this.#profile.classes.length, this.#what);
    if (batch.images) this.#images ??= new ImageTally(this.#profile.images?.sizes ?? null, WINDOW_HASHES);
    const nearest = new Int32Array(embeddings.rows).fill(-1);
    for (let row = 0; row < embeddings.rows; row++) {
      const rowNumber = batch.rowNumbers?.[row] ?? this.#nextRow;
      this.#nextRow++;
      if (isBatchRowUsable(batch, row)) nearest[row] = this.#addRow(batch, row, rowNumber);
      else this.#skipped++;
    }
    return nearest;
  }

  #addRow(batch: DriftBatch, row: number, rowNumber: number): number {
    const cluster = this.#nearest.of(batch.embeddings, row);
    this.#clusters[cluster]!++;
    this.#rows++;
    const labelled = this.#labels.add(batch, row);
    const key = rowKey(batch.embeddings, row, this.#seed);
    this.#keys.add(key, 1);
    const { group } = this.#grouper.of(batch, row, rowNumber, key);
    const scores = runScoresOf(this.#profile.reference, batch, row, labelled);
    this.#groups.add(
      { target: batch.targets?.[row], isGiven: !!batch.groups, scores },
      { rowNumber, cluster, group, key },
    );
    if (batch.segments) {
      const { reference } = this.#profile;
      this.#segments ??= new SegmentTally(
        this.#nearest.clusters,
        false,
        reference && binCountsOf(reference),
        this.#what,
      );
      const bins = reference && rowBinsOf(reference, batch, row, labelled);
      this.#segments.add(batch.segments, row, { cluster, crossCluster: -1, bins, ...labelled });
    }
    this.#spread?.add({ key, group, rowNumber }, batch.embeddings, row, labelled.predicted);
    const bin = this.#reference?.add(batch, row, { rowNumber, key, group }, labelled) ?? -1;
    if (this.#reliability && bin >= 0) addLabel(this.#reliability, bin, labelled.correct);
    if (batch.images) this.#images?.add(batch.images, row);
    const time = this.#timeOf(batch, row);
    this.#from = earlier(this.#from, time);
    this.#to = later(this.#to, time);
    if (time !== null) this.#weekdays[weekdayOf(time)]!++;
    return cluster;
  }

  summary(): WindowSummary {
    const rows = this.#rows;
    const repeats = this.#keys.kept();
    const groups = this.#groups.counts();
    const spread = this.#spread?.sample() ?? null;
    const reference = this.#reference?.counts() ?? null;
    return {
      rows,
      skipped: this.#skipped,
      clusters: this.#clusters.slice(),
      ...this.#labels.counts(),
      from: this.#from,
      to: this.#to,
      weekdays: this.#weekdays.slice(),
      reference,
      reliability: this.#reliability && structuredClone(this.#reliability),
      repeats,
      groups,
      segments: this.#segments?.segments() ?? null,
      spread,
      ...effectiveWindowRows(this.#profile, { rows, groups, spread, reference, weights: repeats.weights }),
      images: this.#images?.counts() ?? null,
    };
  }

  #timeOf(batch: DriftBatch, row: number): number | null {
    const time = batch.timestamps?.[row] ?? null;
    if (time === null || Math.abs(time) <= MAX_TIME) return time;
    throw new DriftError(
      'TIMESTAMP_INVALID',
      `${this.#what}: timestamp ${time}, milliseconds since 1970 from -${MAX_TIME} to ${MAX_TIME} are possible`,
    );
  }
}

function addLabel({ total, correct }: Reliability, bin: number, isCorrect: boolean | null): void {
  if (isCorrect === null) return;
  total[bin]!++;
  if (isCorrect) correct[bin]!++;
}
