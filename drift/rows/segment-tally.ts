/** Rows of each segment: of each camera, site or class, counted in the clusters. Parts add up, in any order. */
import { DriftError, grouped } from '../drift-error.js';
import { addCounts } from '../statistics/counts.js';

/** What is known of the rows of one segment. */
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

/** Rows of a segment in the bins of a reference. */
export interface SegmentReference {
  /** Null where the reference has no scores. */
  confidence: number[] | null;
  /** By name of the statistic. */
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

/** How many bins the reference has. */
export interface BinCounts {
  /** Null without scores. */
  confidence: number | null;
  statistics: Readonly<Record<string, number>>;
}

/** `[rows]` of each column: the segment of each row, null where it is in none. */
export type SegmentColumns = Readonly<Record<string, readonly (string | null)[]>>;

export class SegmentTally {
  readonly #segments = new Map<string, Map<string, SegmentCounts>>();
  readonly #clusters: number;
  readonly #crossFitted: boolean;
  readonly #what: string;
  readonly #bins: BinCounts | null;

  /**
   * @param bins of the reference; null without one
   * @param what names the rows in messages
   */
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

/** By value, so that the order of the rows does not matter. */
function sorted<T>(values: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...values].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Those of both parts together.
 *
 * @throws DriftError `SEGMENTS_TOO_MANY`
 */
export function mergeSegments(a: Segments, b: Segments): Segments {
  const columns = [...new Set([...a.keys(), ...b.keys()])];
  return new Map(
    columns.map((column) => {
      const values = new Map(a.get(column));
      for (const [value, counts] of b.get(column) ?? []) {
        const known = values.get(value);
        values.set(value, known ? addSegments(known, counts) : counts);
      }
      if (values.size > MOST_SEGMENTS) throw tooMany('both parts', column);
      return [column, sorted(values)];
    }),
  );
}

export function addSegments(a: SegmentCounts, b: SegmentCounts): SegmentCounts {
  return {
    rows: a.rows + b.rows,
    clusters: addCounts(a.clusters, b.clusters),
    crossFit: a.crossFit && b.crossFit && addCounts(a.crossFit, b.crossFit),
    labelled: a.labelled + b.labelled,
    correct: a.correct + b.correct,
    reference: a.reference && b.reference && addReferences(a.reference, b.reference),
  };
}

function addReferences(a: SegmentReference, b: SegmentReference): SegmentReference {
  return {
    confidence: a.confidence && b.confidence && addCounts(a.confidence, b.confidence),
    statistics: Object.fromEntries(
      Object.entries(a.statistics).map(([name, counts]) => [name, addCounts(counts, b.statistics[name]!)]),
    ),
  };
}
