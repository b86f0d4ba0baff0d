/** The first pass: samples the rows. */
import { DEFAULT_RESTARTS, kMeans } from '../clustering/kmeans.js';
import { DriftError, grouped } from '../drift-error.js';
import { nearSquare } from '../groups/copies.js';
import { givenKey, noGroupedRows } from '../groups/grouping.js';
import { imageSize, sizeLimits } from '../images/image-checks.js';
import { noImages } from '../images/image-tally.js';
import { project } from '../linear/pca.js';
import { fittedSums } from '../monitor/baseline-sums.js';
import type { ProfileOptions } from '../options/index.js';
import { checkBatch, checkSkipped, type DriftBatch, isBatchRowUsable } from '../rows/batch.js';
import { rowKey } from '../rows/keys.js';
import { Reservoir } from '../rows/row-sample.js';
import { confidenceOf, entropyOf } from '../rows/tallies.js';
import { BaselineCounter } from './baseline-counter.js';
import { choiceEffect, fitFolds, foldOf } from './cross-fit.js';
import type { Profile } from './profile.js';
import { MIN_CALIBRATED_ROWS } from './reference.js';
import { type FitRow, fitReference, fitUnits, isFitRow, repeatedKeys } from './reference-fit.js';

/** Most rows that k-means is fitted on: hundreds for each cluster settle it. All rows are counted in any case. */
export const MAX_FIT_ROWS = 20_000;
/** The limit in values for long vectors: 64 MB as float32, and 128 MB more while k-means runs. */
const MAX_FIT_VALUES = 2 ** 24;

export const DEFAULT_CLUSTERS = 5;

/** What is known of the baseline's rows in advance. */
export interface BaselineSource {
  dimensions: number;
  classes?: readonly string[] | undefined;
  /** One for each class where several may hold. */
  thresholds?: readonly number[] | undefined;
  tap?: string | null | undefined;
  weightsSha256?: string | null | undefined;
  pixelsSha256?: string | undefined;
  weightsNote?: string | undefined;
  /** What the groups of the batches are, as in `--group`; null or absent if they have none. */
  groupName?: string | null | undefined;
}

export class BaselineSample {
  readonly #classes: readonly string[];
  readonly #reservoir: Reservoir;
  readonly #beside: FitRow[] = [];
  /** The size of each of their images, NaN where not known; null until a batch says something of its images. */
  #sizes: number[] | null = null;
  #statistics: readonly string[] | null = null;
  #segments: readonly string[] | null = null;
  #isGrouped = false;
  #skipped = 0;
  readonly #source: BaselineSource;
  readonly #options: ProfileOptions;
  readonly #what: string;

  /** @param what names the baseline in messages, e.g. its file */
  constructor(source: BaselineSource, options: ProfileOptions = {}, what = 'baseline') {
    this.#source = source;
    this.#options = options;
    this.#what = what;
    const { maxFitRows = MAX_FIT_ROWS, seed = 0 } = options;
    if (!Number.isInteger(maxFitRows) || maxFitRows < 1 || maxFitRows > MAX_FIT_ROWS) {
      throw new DriftError(
        'OPTION_OUT_OF_RANGE',
        `maxFitRows ${maxFitRows}: 1 to ${grouped(MAX_FIT_ROWS)} is possible`,
      );
    }
    const capacity = Math.max(1, Math.min(maxFitRows, Math.floor(MAX_FIT_VALUES / source.dimensions)));
    this.#classes = source.classes ?? [];
    this.#reservoir = new Reservoir(capacity, source.dimensions, seed);
  }

  /** @throws DriftError `DIMENSIONS_DIFFER`, `CLASSES_DIFFER`, `ROWS_DIFFER`, `MATRIX_MISSHAPEN`, `STATISTICS_DIFFER` */
  add(batch: DriftBatch): void {
    checkBatch(batch, this.#source.dimensions, this.#classes.length, this.#what);
    this.#checkStatistics(Object.keys(batch.statistics ?? {}));
    if (batch.images) this.#sizes ??= [];
    if (batch.segments) this.#segments ??= Object.keys(batch.segments);
    if (batch.groups) this.#isGrouped = true;
    for (let row = 0; row < batch.embeddings.rows; row++) {
      if (!isBatchRowUsable(batch, row)) {
        this.#skipped++;
        continue;
      }
      const place = this.#reservoir.add(batch.embeddings, row);
      if (place < 0) continue;
      this.#beside[place] = this.#fitRow(batch, row);
      if (this.#sizes) this.#sizes[place] = batch.images ? imageSize(batch.images, row) : Number.NaN;
    }
  }

  #fitRow({ scores, targets, groups, statistics }: DriftBatch, row: number): FitRow {
    const { seed = 0 } = this.#options;
    const known = scores && this.#classes.length > 0;
    return {
      group: givenKey(groups?.[row], seed),
      target: targets?.[row] ?? null,
      confidence: known ? confidenceOf(scores, row) : null,
      entropy: known ? entropyOf(scores, row) : null,
      statistics: (this.#statistics ?? []).map((name) => statistics![name]![row]!),
    };
  }

  #checkStatistics(names: readonly string[]): void {
    this.#statistics ??= names;
    const known = this.#statistics;
    if (names.length === known.length && names.every((name) => known.includes(name))) return;
    throw new DriftError(
      'STATISTICS_DIFFER',
      `${this.#what}: batches with the statistics ${known.join(', ') || 'none'} and with ${names.join(', ') || 'none'}`,
    );
  }

  /**
   * Fits the centroids and the reference. Give every batch to the result once more.
   * @throws DriftError `NO_ROWS`, `TOO_MANY_SKIPPED`, and what `kMeans` throws
   */
  fit(): BaselineCounter {
    const { clusters = DEFAULT_CLUSTERS, seed = 0, restarts = DEFAULT_RESTARTS } = this.#options;
    const rows = this.#reservoir.seen;
    checkSkipped(this.#what, rows, this.#skipped);
    if (rows === 0) throw new DriftError('NO_ROWS', `${this.#what}: 0 rows, at least ${clusters} are needed`);
    const sample = this.#reservoir.sample();
    const clustered = kMeans(sample, { clusters, seed, restarts });
    const { centroids, iterations, inertia } = clustered;
    const isCalibrated = rows >= MIN_CALIBRATED_ROWS;
    const groupName = this.#source.groupName ?? null;
    const near = isCalibrated ? nearSquare(sample) : 0;
    const { units, block } = fitUnits(sample, this.#beside, clustered.labels, {
      seed,
      near,
      clusters,
      // Rows that are a draw of many do not follow each other.
      inOrder: !this.#isGrouped && sample.rows === rows,
    });
    const folds = Array.from(units, (unit) => foldOf(unit, seed));
    const inFit = Array.from(units, (unit) => isFitRow(unit, seed));
    const repeated = repeatedKeys(Float64Array.from(units, (_, row) => rowKey(sample, row, seed)));
    const held = { seed, repeated };
    const reference = isCalibrated ? fitReference(sample, inFit, this.#beside, this.#statistics ?? [], held) : null;
    const projected = () => (reference ? project(reference.projection, sample) : sample);
    const effect = isCalibrated ? choiceEffect(projected, units, clustered.labels, { clusters, seed }) : 1;
    const fitted: Profile = {
      rows: 0,
      skipped: 0,
      counted: [],
      dimensions: this.#source.dimensions,
      centroids,
      counts: new Array<number>(clusters).fill(0),
      fit: { rows: sample.rows, seed, restarts, iterations, inertia },
      tap: this.#source.tap ?? null,
      weightsSha256: this.#source.weightsSha256 ?? null,
      ...(this.#source.pixelsSha256 === undefined ? {} : { pixelsSha256: this.#source.pixelsSha256 }),
      ...(this.#source.weightsNote === undefined ? {} : { weightsNote: this.#source.weightsNote }),
      classes: this.#classes,
      ...(this.#source.thresholds === undefined ? {} : { thresholds: this.#source.thresholds }),
      labels: { predicted: null, labelled: 0, correct: 0 },
      crossFit: isCalibrated ? { ...fitFolds(sample, folds, clustered, seed), choiceEffect: effect } : null,
      groups: isCalibrated ? { name: groupName, near, block, ...noGroupedRows() } : null,
      segments: this.#segments && new Map(this.#segments.map((name) => [name, new Map()])),
      reference,
      weekdays: null,
      images: this.#sizes && {
        sizes: sizeLimits(Array.from(this.#sizes, (size) => size ?? Number.NaN)),
        ...noImages(),
      },
      monitor: fittedSums(
        { centroids, classes: this.#classes, reference },
        reference && { coordinates: project(reference.projection, sample), inFit },
      ),
    };
    return new BaselineCounter(fitted, { what: this.#what, expectedRows: rows });
  }
}

/** The profile of a baseline that is entirely in memory. Throws what `BaselineSample` throws. */
export function fitProfile(
  baseline: DriftBatch,
  source: Omit<BaselineSource, 'dimensions'> = {},
  options: ProfileOptions = {},
): Profile {
  const sample = new BaselineSample({ ...source, dimensions: baseline.embeddings.columns }, options);
  sample.add(baseline);
  const counter = sample.fit();
  counter.add(baseline);
  return counter.profile();
}
