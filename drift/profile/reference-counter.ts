/** Counts rows in the bins of a reference: the held-out half of the baseline and windows alike. */
import type { RunScores } from '../groups/row-runs.js';
import { isUsable, type Matrix } from '../linear/matrix.js';
import type { DriftBatch } from '../rows/batch.js';
import { labelOf } from '../rows/label-columns.js';
import { mergeSamples, type RowSample, RowSampler, type SampledKeys } from '../rows/row-sample.js';
import { type BinCounts, confidenceOf, entropyOf, type LabelledRow, type RowBins } from '../rows/tallies.js';
import { addCounts, added, binOf } from '../statistics/counts.js';
import { addMoments, MomentsTally } from '../statistics/moments.js';
import { type Histogram, type Reference, type StatisticCounts, statisticNames } from './reference.js';

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
  readonly #reference: Reference;
  readonly #scores: Pick<ReferenceCounts, 'confidence' | 'entropy'> = { confidence: null, entropy: null };
  readonly #sampler: RowSampler;
  /** Columns that came, even without a value. */
  readonly #statistics = new Map<string, StatisticTally>();

  constructor(reference: Reference, sampleRows: number) {
    this.#reference = reference;
    this.#sampler = new RowSampler(reference.projection, sampleRows);
  }

  /** @returns the bin of the row's confidence, -1 if it has none */
  add(batch: DriftBatch, row: number, keys: SampledKeys, { predicted }: LabelledRow): number {
    const { embeddings, scores, statistics } = batch;
    this.#sampler.add(keys, embeddings, row, predicted);
    for (const [name, values] of Object.entries(statistics ?? {})) this.#tallyOf(name)?.add(values[row]!);
    if (!scores || predicted < 0) return -1;
    this.#count('entropy', entropyOf(scores, row));
    return this.#count('confidence', confidenceOf(scores, row));
  }

  /** Counts which labels hold in a row that was fitted on: they were not fitted. */
  addHolds({ statistics }: DriftBatch, row: number): void {
    for (const [name, values] of Object.entries(statistics ?? {})) {
      if (labelOf(name)?.kind === 'holds') this.#tallyOf(name)?.add(values[row]!);
    }
  }

  counts(): ReferenceCounts {
    const { confidence, entropy } = this.#scores;
    const names = Object.keys(this.#reference.statistics).filter((name) => this.#statistics.has(name));
    return {
      confidence: confidence?.slice() ?? null,
      entropy: entropy?.slice() ?? null,
      sample: this.#sampler.sample(),
      statistics: Object.fromEntries(names.map((name) => [name, this.#statistics.get(name)!.counts()])),
    };
  }

  #count(name: 'confidence' | 'entropy', value: number): number {
    const histogram = this.#reference[name];
    if (histogram === null) return -1;
    const bin = binOf(histogram.edges, value);
    this.#scores[name] ??= new Array<number>(histogram.edges.length + 1).fill(0);
    this.#scores[name]![bin]!++;
    return bin;
  }

  #tallyOf(name: string): StatisticTally | undefined {
    const known = this.#statistics.get(name);
    if (known || !Object.hasOwn(this.#reference.statistics, name)) return known;
    const { edges, centre } = this.#reference.statistics[name]!;
    const added = new StatisticTally(edges, centre);
    this.#statistics.set(name, added);
    return added;
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

export function rowBinsOf(
  { confidence, statistics }: Pick<Reference, 'confidence' | 'statistics'>,
  batch: DriftBatch,
  row: number,
  { predicted }: LabelledRow,
): RowBins {
  const binOfScore = (scores: Matrix) => binOf(confidence!.edges, confidenceOf(scores, row));
  return {
    confidence: confidence && batch.scores && predicted >= 0 ? binOfScore(batch.scores) : -1,
    statistics: Object.fromEntries(
      Object.entries(statistics).map(([name, histogram]) => [name, binIn(histogram, batch.statistics?.[name]?.[row])]),
    ),
  };
}

/** -1 where the value is not known. */
function binIn({ edges }: Pick<Histogram, 'edges'>, value: number | undefined): number {
  return value === undefined || !isUsable(value) ? -1 : binOf(edges, value);
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
  return () => statisticNames(reference).map((name) => binIn(reference.statistics[name]!, statistics[name]?.[row]));
}

class StatisticTally {
  readonly #bins: number[];
  readonly #moments: MomentsTally;
  readonly #edges: readonly number[];

  constructor(edges: readonly number[], centre: number) {
    this.#edges = edges;
    this.#bins = new Array<number>(edges.length + 1).fill(0);
    this.#moments = new MomentsTally(centre);
  }

  add(value: number): void {
    if (!isUsable(value)) return;
    this.#bins[binOf(this.#edges, value)]!++;
    this.#moments.add(value);
  }

  counts(): StatisticCounts {
    return { counts: this.#bins.slice(), ...this.#moments.moments() };
  }
}

export function mergeReferenceCounts(
  a: ReferenceCounts,
  b: ReferenceCounts,
  reference: Reference,
  sampleRows: number,
): ReferenceCounts {
  return {
    confidence: added(a.confidence, b.confidence),
    entropy: added(a.entropy, b.entropy),
    sample: mergeSamples(a.sample, b.sample, sampleRows),
    statistics: mergeStatistics(a.statistics, b.statistics, reference),
  };
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
