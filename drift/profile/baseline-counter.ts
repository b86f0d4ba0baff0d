/**
 * Counts baseline rows against a fitted profile: in the second pass of one run, or for one of many shards. Shards that
 * were counted against the same fitted profile merge in any order to exactly the profile of one run.
 */
import { NearestCentroid } from '../clustering/assign.js';
import { DriftError, grouped } from '../drift-error.js';
import { GroupedRowsCounter, RowGrouper } from '../groups/grouping.js';
import { BASELINE_HASHES, ImageTally } from '../images/image-tally.js';
import { BaselineSumsCounter } from '../monitor/baseline-sums.js';
import { checkBatch, checkSkipped, type DriftBatch, isBatchRowUsable } from '../rows/batch.js';
import { rowKey } from '../rows/keys.js';
import type { SampledKeys } from '../rows/row-sample.js';
import { type LabelledRow, LabelTally, mergeSegments, SegmentTally } from '../rows/tallies.js';
import type { Reliability } from '../statistics/estimated-accuracy.js';
import { FoldCounter } from './cross-fit.js';
import { emptyProfile } from './merge-profiles.js';
import type { Profile } from './profile.js';
import { ClassedRowSampler, REFERENCE_SAMPLE_ROWS, type Reference, statisticNames } from './reference.js';
import { binCountsOf, ReferenceCounter, rowBinsOf, runScoresOf, statisticBinsOf } from './reference-counter.js';
import { isFitRow } from './reference-fit.js';
import { WeekdayTally } from './weekdays.js';

export interface BaselineCounterOptions {
  /** Names the rows in messages, e.g. the file; default `baseline`. */
  what?: string | undefined;
  /** Number of the first added row in the whole baseline; default 0. No two shards may share numbers. */
  firstRow?: number | undefined;
  /** Rows in the first pass; not checked if left out. */
  expectedRows?: number | undefined;
}

interface CountedOnce {
  row: number;
  rowNumber: number;
  cluster: number;
  labelled: LabelledRow;
}

export class BaselineCounter {
  readonly #fitted: Profile;
  readonly #what: string;
  readonly #nearest: NearestCentroid;
  readonly #counts: number[];
  readonly #labels: LabelTally;
  readonly #heldOut: HeldOutTally | null;
  readonly #folds: FoldCounter | null;
  readonly #segments: SegmentTally;
  readonly #weekdays: WeekdayTally;
  readonly #grouper: RowGrouper | null;
  readonly #groups: GroupedRowsCounter;
  readonly #seed: number;
  readonly #images: ImageTally | null;
  readonly #monitor: BaselineSumsCounter;
  readonly #firstRow: number;
  #nextRow: number;
  #rows = 0;
  #skipped = 0;
  readonly #options: BaselineCounterOptions;

  /** @param profile the fitted profile; its counts are ignored */
  constructor(profile: Profile, options: BaselineCounterOptions = {}) {
    this.#options = options;
    const { what = 'baseline', firstRow = 0 } = options;
    if (!Number.isSafeInteger(firstRow) || firstRow < 0) {
      throw new DriftError('OPTION_OUT_OF_RANGE', `firstRow ${firstRow}: a whole number from 0 is needed`);
    }
    this.#fitted = emptyProfile(profile);
    this.#what = what;
    this.#firstRow = firstRow;
    this.#nextRow = firstRow;
    this.#nearest = new NearestCentroid(profile.centroids);
    this.#counts = new Array<number>(this.#nearest.clusters).fill(0);
    this.#labels = new LabelTally(profile.classes, what);
    this.#images = profile.images && new ImageTally(profile.images.sizes, BASELINE_HASHES);
    this.#monitor = new BaselineSumsCounter(profile);
    this.#heldOut = this.#fitted.reference && new HeldOutTally(this.#fitted.reference);
    this.#folds = this.#fitted.crossFit && new FoldCounter(this.#fitted.crossFit);
    this.#seed = this.#fitted.crossFit?.seed ?? 0;
    this.#grouper = this.#fitted.groups && new RowGrouper(this.#fitted.groups, profile.dimensions, this.#seed);
    const { reference } = this.#fitted;
    this.#groups = new GroupedRowsCounter(this.#nearest.clusters, reference ? statisticNames(reference).length : 0);
    const bins = reference && binCountsOf(reference);
    this.#segments = new SegmentTally(this.#nearest.clusters, true, bins, what);
    this.#weekdays = new WeekdayTally(this.#nearest.clusters, bins, what);
  }

  /**
   * @throws DriftError `DIMENSIONS_DIFFER`, `CLASSES_DIFFER`, `ROWS_DIFFER`, `MATRIX_MISSHAPEN`, `TARGET_NOT_A_CLASS`
   */
  add(batch: DriftBatch): void {
    checkBatch(batch, this.#fitted.dimensions, this.#fitted.classes.length, this.#what);
    for (let row = 0; row < batch.embeddings.rows; row++) {
      const rowNumber = batch.rowNumbers?.[row] ?? this.#nextRow;
      this.#nextRow++;
      if (!isBatchRowUsable(batch, row)) {
        this.#skipped++;
        continue;
      }
      this.#rows++;
      const cluster = this.#nearest.of(batch.embeddings, row);
      this.#counts[cluster]!++;
      const labelled = this.#labels.add(batch, row);
      const counted = { row, rowNumber, cluster, labelled };
      const { crossCluster, isReference } = this.#grouper
        ? this.#addGrouped(this.#grouper, batch, counted)
        : { crossCluster: cluster, isReference: false };
      const time = batch.timestamps?.[row] ?? Number.NaN;
      if (batch.segments || Number.isFinite(time)) {
        const { reference } = this.#fitted;
        const bins = isReference && reference ? rowBinsOf(reference, batch, row, labelled) : null;
        const inPart = { cluster, crossCluster, bins, ...labelled };
        if (batch.segments) this.#segments.add(batch.segments, row, inPart);
        if (Number.isFinite(time)) this.#weekdays.add(time, inPart);
      }
      this.#monitor.add(batch, row, time, { rowNumber, crossCluster, isReference });
      if (batch.images) this.#images?.add(batch.images, row);
    }
  }

  /** @returns the row's cluster by the centroids without its fold, and whether the reference counts it */
  #addGrouped(
    grouper: RowGrouper,
    batch: DriftBatch,
    { row, rowNumber, cluster, labelled }: CountedOnce,
  ): { crossCluster: number; isReference: boolean } {
    const key = rowKey(batch.embeddings, row, this.#seed);
    const { group, unit } = grouper.of(batch, row, rowNumber, key);
    const facts = {
      target: batch.targets?.[row],
      isGiven: !!batch.groups,
      scores: runScoresOf(this.#fitted.reference, batch, row, labelled),
      bins: statisticBinsOf(this.#fitted.reference, batch, row),
    };
    this.#groups.add(facts, { rowNumber, cluster, group, key });
    const isReference = this.#heldOut?.add(batch, row, { rowNumber, key, group, unit, ...labelled }) ?? false;
    return { crossCluster: this.#folds?.add(batch.embeddings, row, unit) ?? cluster, isReference };
  }

  /** @throws DriftError `BASELINE_CHANGED` if the first pass saw another number of rows, `TOO_MANY_SKIPPED` */
  profile(): Profile {
    const { expectedRows = this.#rows } = this.#options;
    if (this.#rows !== expectedRows) {
      throw new DriftError(
        'BASELINE_CHANGED',
        `${this.#what}: ${grouped(expectedRows)} rows in the first pass, ${grouped(this.#rows)} in the second`,
      );
    }
    checkSkipped(this.#what, this.#rows, this.#skipped);
    const rows = this.#rows;
    const skipped = this.#skipped;
    return {
      ...this.#fitted,
      rows,
      skipped,
      counted: rows + skipped === 0 ? [] : [[this.#firstRow, this.#nextRow]],
      counts: this.#counts.slice(),
      crossFit: this.#folds?.counts() ?? null,
      segments: this.#fitted.segments && mergeSegments(this.#fitted.segments, this.#segments.segments()),
      groups: this.#fitted.groups && { ...this.#fitted.groups, ...this.#groups.counts() },
      labels: this.#labels.counts(),
      reference: this.#reference(),
      weekdays: this.#weekdays.weekdays(),
      images: this.#fitted.images && this.#images && { ...this.#fitted.images, ...this.#images.counts() },
      monitor: this.#monitor.sums(),
    };
  }

  /** Null too where all different rows of a whole baseline happen to be on the fitted side. */
  #reference(): Reference | null {
    const isWhole = this.#options.expectedRows !== undefined;
    return this.#heldOut === null || (isWhole && this.#heldOut.rows === 0) ? null : this.#heldOut.reference();
  }
}

/** Counts the reference rows among the baseline's rows. */
class HeldOutTally {
  readonly #counter: ReferenceCounter;
  readonly #classed: ClassedRowSampler | null;
  readonly #reliability: Reliability | null;
  #rows = 0;
  readonly #fitted: Reference;
  readonly #repeated: ReadonlySet<number>;

  constructor(fitted: Reference) {
    this.#fitted = fitted;
    this.#repeated = new Set(fitted.repeated);
    this.#counter = new ReferenceCounter(fitted, REFERENCE_SAMPLE_ROWS);
    this.#classed = fitted.classed && new ClassedRowSampler();
    const bins = fitted.confidence?.counts.length ?? 0;
    const none = () => new Array<number>(bins).fill(0);
    this.#reliability = fitted.confidence && { total: none(), correct: none() };
  }

  /** @returns whether the row is one of them */
  add(batch: DriftBatch, row: number, counted: SampledKeys & LabelledRow & { unit: number }): boolean {
    const { key, rowNumber, unit } = counted;
    if (isFitRow(this.#repeated.has(key) ? rowNumber : unit, this.#fitted.seed)) {
      this.#counter.addHolds(batch, row);
      return false;
    }
    this.#rows++;
    const bin = this.#counter.add(batch, row, counted, counted);
    if (bin >= 0) this.#addToReliability(bin, counted);
    const statistics = statisticBinsOf(this.#fitted, batch, row);
    if (statistics) this.#classed?.add(counted.key, counted.predicted, () => [...Array.from(statistics()), bin]);
    return true;
  }

  #addToReliability(bin: number, { correct }: LabelledRow): void {
    if (correct === null || this.#reliability === null) return;
    this.#reliability.total[bin]!++;
    if (correct) this.#reliability.correct[bin]!++;
  }

  get rows(): number {
    return this.#rows;
  }

  reference(): Reference {
    const { confidence, entropy, sample, statistics } = this.#counter.counts();
    const fitted = this.#fitted;
    return {
      ...fitted,
      rows: this.#rows,
      sample,
      confidence: fitted.confidence && { ...fitted.confidence, counts: confidence ?? fitted.confidence.counts },
      entropy: fitted.entropy && { ...fitted.entropy, counts: entropy ?? fitted.entropy.counts },
      reliability: this.#reliability && {
        total: this.#reliability.total.slice(),
        correct: this.#reliability.correct.slice(),
      },
      classed: this.#classed?.rows() ?? null,
      statistics: Object.fromEntries(
        Object.entries(fitted.statistics).map(([name, summary]) => [name, { ...summary, ...statistics[name] }]),
      ),
    };
  }
}
