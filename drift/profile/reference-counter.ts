/**
 * Counts rows in the bins of a reference. The held-out half of the baseline and the windows are counted in the same
 * way.
 */
import type { RunScores } from '../groups/row-runs.js';
import { isUsable } from '../linear/matrix.js';
import type { DriftBatch } from '../rows/batch.js';
import { confidenceOf, entropyOf, type LabelledRow } from '../rows/label-tally.js';
import { mergeSamples, type RowSample, RowSampler, type SampledKeys } from '../rows/row-sample.js';
import type { BinCounts, RowBins } from '../rows/segment-tally.js';
import { addCounts, binOf } from '../statistics/counts.js';
import { addMoments, MomentsTally } from '../statistics/moments.js';
import { type Histogram, type Reference, type StatisticCounts, statisticNames } from './reference.js';

/** Rows counted in the bins of a reference. */
export interface ReferenceCounts {
  /** Rows by bin of the reference's histograms; null if the window has no scores or the reference has no histogram. */
  confidence: number[] | null;
  entropy: number[] | null;
  /** At most `WINDOW_SAMPLE_ROWS` different rows; empty if no sample was asked for. */
  sample: RowSample;
  /** Counts of the columns that both the reference and the window have. */
  statistics: Readonly<Record<string, StatisticCounts>>;
}

export class ReferenceCounter {
  readonly #confidence: ScoreBins;
  readonly #entropy: ScoreBins;
  readonly #sampler: RowSampler;
  readonly #statistics: ReadonlyMap<string, StatisticTally>;

  constructor(reference: Reference, sampleRows: number) {
    this.#confidence = new ScoreBins(reference.confidence);
    this.#entropy = new ScoreBins(reference.entropy);
    this.#sampler = new RowSampler(reference.projection, sampleRows);
    this.#statistics = new Map(
      Object.entries(reference.statistics).map(([name, { edges, centre }]) => [
        name,
        new StatisticTally(edges, centre),
      ]),
    );
  }

  /** @returns the bin of the row's confidence, -1 if it has none */
  add(batch: DriftBatch, row: number, keys: SampledKeys, { predicted }: LabelledRow): number {
    const { embeddings, scores, statistics } = batch;
    this.#sampler.add(keys, embeddings, row, predicted);
    if (statistics) {
      for (const [name, values] of Object.entries(statistics)) this.#statistics.get(name)?.add(values[row]!);
    }
    if (!scores || predicted < 0) return -1;
    this.#entropy.add(entropyOf(scores, row));
    return this.#confidence.add(confidenceOf(scores, row));
  }

  counts(): ReferenceCounts {
    return {
      confidence: this.#confidence.seen(),
      entropy: this.#entropy.seen(),
      sample: this.#sampler.sample(),
      statistics: Object.fromEntries(
        [...this.#statistics].filter(([, { given }]) => given).map(([name, tally]) => [name, tally.counts()]),
      ),
    };
  }
}

/** How many bins a reference has of what segments are compared by. */
export function binCountsOf({ confidence, statistics }: Pick<Reference, 'confidence' | 'statistics'>): BinCounts {
  const bins = ({ edges }: Pick<Histogram, 'edges'>) => edges.length + 1;
  return {
    confidence: confidence && bins(confidence),
    statistics: Object.fromEntries(Object.entries(statistics).map(([name, histogram]) => [name, bins(histogram)])),
  };
}

/** Where a row falls in them. */
export function rowBinsOf(
  { confidence, statistics }: Pick<Reference, 'confidence' | 'statistics'>,
  batch: DriftBatch,
  row: number,
  { predicted }: LabelledRow,
): RowBins {
  const binIn = ({ edges }: Pick<Histogram, 'edges'>, value: number | undefined) =>
    value === undefined || !isUsable(value) ? -1 : binOf(edges, value);
  return {
    confidence: confidence && batch.scores && predicted >= 0 ? binIn(confidence, confidenceOf(batch.scores, row)) : -1,
    statistics: Object.fromEntries(
      Object.entries(statistics).map(([name, histogram]) => [name, binIn(histogram, batch.statistics?.[name]?.[row])]),
    ),
  };
}

/** What the network says of a row, in the bins of a reference, where neighbours are compared; null where it says nothing. */
export function runScoresOf(
  reference: Pick<Reference, 'confidence' | 'entropy'> | null,
  { scores }: DriftBatch,
  row: number,
  { predicted }: LabelledRow,
): (() => RunScores) | null {
  const [confidence, entropy] = [reference?.confidence, reference?.entropy];
  if (!scores || predicted < 0 || !confidence || !entropy) return null;
  return () => ({
    confidence: 1 + binOf(confidence.edges, confidenceOf(scores, row)),
    entropy: 1 + binOf(entropy.edges, entropyOf(scores, row)),
    predicted: 1 + (predicted % 255),
  });
}

/** Bins of the image statistics of a row by their names' order, -1 where not known; null where there are none. */
export function statisticBinsOf(
  reference: Pick<Reference, 'statistics'> | null,
  { statistics }: DriftBatch,
  row: number,
): (() => ArrayLike<number>) | null {
  if (!reference || !statistics) return null;
  return () =>
    statisticNames(reference).map((name) => {
      const value = statistics[name]?.[row];
      return value === undefined || !isUsable(value) ? -1 : binOf(reference.statistics[name]!.edges, value);
    });
}

class ScoreBins {
  #counts: number[] | null = null;
  readonly #histogram: Histogram | null;

  constructor(histogram: Histogram | null) {
    this.#histogram = histogram;
  }

  add(value: number): number {
    if (this.#histogram === null) return -1;
    const bin = binOf(this.#histogram.edges, value);
    this.#counts ??= new Array<number>(this.#histogram.edges.length + 1).fill(0);
    this.#counts[bin]!++;
    return bin;
  }

  /** The counts; null if no row came. */
  seen(): number[] | null {
    return this.#counts?.slice() ?? null;
  }
}

class StatisticTally {
  /** True once the column was present, even without a value. */
  given = false;
  readonly #bins: number[];
  readonly #moments: MomentsTally;
  readonly #edges: readonly number[];

  constructor(edges: readonly number[], centre: number) {
    this.#edges = edges;
    this.#bins = new Array<number>(edges.length + 1).fill(0);
    this.#moments = new MomentsTally(centre);
  }

  add(value: number): void {
    this.given = true;
    if (!isUsable(value)) return;
    this.#bins[binOf(this.#edges, value)]!++;
    this.#moments.add(value);
  }

  counts(): StatisticCounts {
    return { counts: this.#bins.slice(), ...this.#moments.moments() };
  }
}

/** Merges two parts that were counted against the same reference. */
export function mergeReferenceCounts(
  a: ReferenceCounts,
  b: ReferenceCounts,
  reference: Reference,
  sampleRows: number,
): ReferenceCounts {
  return {
    confidence: addOptional(a.confidence, b.confidence),
    entropy: addOptional(a.entropy, b.entropy),
    sample: mergeSamples(a.sample, b.sample, sampleRows),
    statistics: mergeStatistics(a.statistics, b.statistics, reference),
  };
}

function addOptional(a: number[] | null, b: number[] | null): number[] | null {
  return a && b ? addCounts(a, b) : (a ?? b);
}

function mergeStatistics(
  a: ReferenceCounts['statistics'],
  b: ReferenceCounts['statistics'],
  reference: Reference,
): ReferenceCounts['statistics'] {
  const entries = Object.entries(reference.statistics).flatMap(([name, { centre }]): [string, StatisticCounts][] => {
    const [left, right] = [a[name], b[name]];
    if (!left || !right) return left || right ? [[name, (left ?? right)!]] : [];
    return [[name, { counts: addCounts(left.counts, right.counts), ...addMoments(left, right, centre) }]];
  });
  return Object.fromEntries(entries);
}
