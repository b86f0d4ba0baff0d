import { log } from '../../base/math/index.js';
import { DriftError, grouped } from '../drift-error.js';
import type { Matrix } from '../linear/matrix.js';
import { added } from '../statistics/counts.js';
import type { DriftBatch, SegmentColumns } from './batch.js';

/** The largest score of a row. */
export function confidenceOf({ data, columns }: Matrix, row: number): number {
  let largest = data[row * columns]!;
  for (let c = 1; c < columns; c++) largest = Math.max(largest, data[row * columns + c]!);
  return largest;
}

/** -Σ p ln p in nats, from 0 to ln(classes); scores that are not positive add nothing. */
export function entropyOf({ data, columns }: Matrix, row: number): number {
  let entropy = 0;
  for (let c = 0; c < columns; c++) {
    const p = data[row * columns + c]!;
    if (p > 0) entropy -= p * log(p);
  }
  return entropy;
}

/** Index of the largest score; the first, if several are equal, as in PyTorch and NumPy. */
export function predictedOf({ data, columns }: Matrix, row: number): number {
  let best = 0;
  for (let c = 1; c < columns; c++) if (data[row * columns + c]! > data[row * columns + best]!) best = c;
  return best;
}

export interface LabelCounts {
  /** Rows by predicted class, in the order of the classes; null where no row had scores or no classes are known. */
  predicted: number[] | null;
  /** Rows that have both a label and a prediction. */
  labelled: number;
  /** Rows among them whose label and prediction agree. */
  correct: number;
}

export interface LabelledRow {
  /** Index of the predicted class, -1 where not known. */
  predicted: number;
  /** Null without a label. */
  correct: boolean | null;
}

const UNKNOWN: LabelledRow = { predicted: -1, correct: null };

export class LabelTally {
  #predicted: number[] | null = null;
  #labelled = 0;
  #correct = 0;
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #classes: readonly string[];
  readonly #what: string;

  constructor(classes: readonly string[], what: string) {
    this.#classes = classes;
    this.#what = what;
    this.#indexOf = new Map(classes.map((name, i) => [name, i]));
  }

  /** @throws DriftError `TARGET_NOT_A_CLASS` */
  add(batch: DriftBatch, row: number): LabelledRow {
    if (!batch.scores || this.#classes.length === 0) return UNKNOWN;
    this.#predicted ??= new Array<number>(this.#classes.length).fill(0);
    const predicted = predictedOf(batch.scores, row);
    this.#predicted[predicted]!++;
    const target = batch.targets?.[row] ?? null;
    if (target === null) return { predicted, correct: null };
    const index = this.#indexOf.get(target);
    if (index === undefined) {
      throw new DriftError(
        'TARGET_NOT_A_CLASS',
        `${this.#what}: target ${JSON.stringify(target)} is none of the ${grouped(this.#classes.length)} classes`,
      );
    }
    this.#labelled++;
    const correct = index === predicted;
    if (correct) this.#correct++;
    return { predicted, correct };
  }

  counts(): LabelCounts {
    return { predicted: this.#predicted?.slice() ?? null, labelled: this.#labelled, correct: this.#correct };
  }
}

/** `correct / labelled`, from 0 to 1; null without labels. */
export function accuracyOf(counts: Pick<LabelCounts, 'labelled' | 'correct'>): number | null {
  return counts.labelled === 0 ? null : counts.correct / counts.labelled;
}

// Rows of each segment: of each camera, site or class, counted in the clusters. Parts add up, in any order.

export interface SegmentCounts {
  rows: number;
  /** Rows nearest to each centroid. */
  clusters: number[];
  /** The same by centroids that were fitted without the row's fold; null for windows. */
  crossFit: number[] | null;
  labelled: number;
  correct: number;
  /** Those among them that the reference counts, in its bins; null without a reference. */
  reference: SegmentReference | null;
}

export interface SegmentReference {
  confidence: number[] | null;
  statistics: Readonly<Record<string, number[]>>;
}

/** Column → value → its rows. */
export type Segments = ReadonlyMap<string, ReadonlyMap<string, SegmentCounts>>;

/** More values than a person looks at; a column that has more is an id of the rows. */
export const MOST_SEGMENTS = 200;

export interface SegmentRow {
  cluster: number;
  /** Cluster by the centroids without its fold; -1 in windows. */
  crossCluster: number;
  /** Whether its prediction is right; null without a label. */
  correct: boolean | null;
  /** Where it falls in the bins of the reference, -1 where nowhere; null for rows that the reference does not count. */
  bins: RowBins | null;
}

export interface RowBins {
  confidence: number;
  statistics: Readonly<Record<string, number>>;
}

export interface BinCounts {
  /** Null without scores. */
  confidence: number | null;
  statistics: Readonly<Record<string, number>>;
}

export class SegmentTally {
  readonly #segments = new Map<string, Map<string, SegmentCounts>>();
  readonly #clusters: number;
  readonly #crossFitted: boolean;
  readonly #what: string;
  readonly #bins: BinCounts | null;

  /** @param bins of the reference; null without one */
  constructor(clusters: number, crossFitted: boolean, bins: BinCounts | null, what: string) {
    this.#bins = bins;
    this.#clusters = clusters;
    this.#crossFitted = crossFitted;
    this.#what = what;
  }

  /** @throws DriftError `SEGMENTS_TOO_MANY` */
  add(columns: SegmentColumns, row: number, { cluster, crossCluster, correct, bins }: SegmentRow): void {
    for (const [column, values] of Object.entries(columns)) {
      const value = values[row] ?? null;
      if (value === null) continue;
      const segment = this.#of(column, value);
      segment.rows++;
      segment.clusters[cluster]!++;
      if (segment.crossFit) segment.crossFit[crossCluster]!++;
      if (segment.reference && bins) count(segment.reference, bins);
      if (correct === null) continue;
      segment.labelled++;
      if (correct) segment.correct++;
    }
  }

  segments(): Segments {
    return new Map([...this.#segments].map(([column, values]) => [column, sorted(values)]));
  }

  #of(column: string, value: string): SegmentCounts {
    const values = this.#segments.get(column) ?? new Map<string, SegmentCounts>();
    this.#segments.set(column, values);
    const known = values.get(value);
    if (known !== undefined) return known;
    if (values.size === MOST_SEGMENTS) throw tooMany(this.#what, column);
    const added: SegmentCounts = {
      rows: 0,
      clusters: zeros(this.#clusters),
      crossFit: this.#crossFitted ? zeros(this.#clusters) : null,
      labelled: 0,
      correct: 0,
      reference: this.#bins && emptyReference(this.#bins),
    };
    values.set(value, added);
    return added;
  }
}

function zeros(bins: number): number[] {
  return new Array<number>(bins).fill(0);
}

function emptyReference({ confidence, statistics }: BinCounts): SegmentReference {
  return {
    confidence: confidence === null ? null : zeros(confidence),
    statistics: Object.fromEntries(Object.entries(statistics).map(([name, bins]) => [name, zeros(bins)])),
  };
}

function count({ confidence, statistics }: SegmentReference, bins: RowBins): void {
  if (confidence && bins.confidence >= 0) confidence[bins.confidence]!++;
  for (const [name, bin] of Object.entries(bins.statistics)) {
    if (bin >= 0) statistics[name]![bin]!++;
  }
}

function tooMany(what: string, column: string): DriftError {
  return new DriftError(
    'SEGMENTS_TOO_MANY',
    `${what}: column ${column} has more than ${grouped(MOST_SEGMENTS)} values, at most so many can be segments`,
    { hint: 'Name a column that many rows have in common, such as a camera or a site.' },
  );
}

function sorted<T>(values: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...values].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @throws DriftError `SEGMENTS_TOO_MANY` */
export function mergeSegments(a: Segments, b: Segments): Segments {
  const columns = [...new Set([...a.keys(), ...b.keys()])];
  return new Map(
    columns.map((column) => {
      const values = new Map(a.get(column));
      for (const [value, counts] of b.get(column) ?? []) {
        const known = values.get(value);
        values.set(value, known ? added(known, counts) : counts);
      }
      if (values.size > MOST_SEGMENTS) throw tooMany('both parts', column);
      return [column, sorted(values)];
    }),
  );
}
