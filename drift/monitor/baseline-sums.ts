/**
 * What a monitor needs of a baseline: sums of all rows, and of its days, or of blocks of rows where rows have no time,
 * which say how much more such parts vary than their rows do.
 *
 * Means are of all rows: clusters are those without the row's fold, and fitted components and ranks are centred on the
 * rows of the fit, whose mean is as near to the truth as that of others. Covariances are of held-out rows alone, since
 * components have none among the rows that they were fitted on.
 */
import type { Matrix64 } from '../linear/matrix.js';
import { DAY, type DriftBatch } from '../rows/batch.js';
import { numberKey, SmallestKeys } from '../rows/keys.js';
import { FeatureModel, type FeatureSource, robustScales, scalesOf } from './features.js';
import { addToSums, noSums, RowAdder, type Sums } from './sums.js';

export interface BaselineSums {
  /** `[features]` of the embedding: what a unit of each is. */
  scales: Float64Array;
  /** Without products. */
  all: Sums;
  /** Sums of the held-out rows, with products. */
  heldOut: Sums;
  /** By days since 1970, UTC: at most `KEPT_DAYS`, without products. */
  days: ReadonlyMap<number, Sums>;
  /** Rows without a time, by their number / `BLOCK_ROWS`: at most `KEPT_BLOCKS`, without products. */
  blocks: ReadonlyMap<number, Sums>;
  /** By column of the segments, then by value, without products; empty where nobody asked for segments. */
  by: SumsByColumn;
}

export type SumsByColumn = ReadonlyMap<string, ReadonlyMap<string, Sums>>;

/** Two years and more. Of more days, those of smallest hash are kept. */
export const KEPT_DAYS = 800;
/** Enough for a variance that is a tenth off. */
export const KEPT_BLOCKS = 128;
/** As many as rows in order may have to do with each other; with more, small baselines had too few blocks. */
export const BLOCK_ROWS = 64;

/** Sums of some parts, by number; those whose numbers have the smallest hashes are kept, so that shards merge exactly. */
class Parts {
  readonly #parts: SmallestKeys<{ number: number; sums: Sums }>;
  readonly #model: FeatureModel;

  constructor(model: FeatureModel, kept: number) {
    this.#model = model;
    this.#parts = new SmallestKeys(kept, (part) => part);
  }

  at(number: number): Sums | null {
    const fresh = () => ({ number, sums: noSums(this.#model, false) });
    return this.#parts.at(numberKey(number, 0), fresh)?.value.sums ?? null;
  }

  addAll(parts: ReadonlyMap<number, Sums>): void {
    for (const [number, sums] of parts) {
      const own = this.at(number);
      if (own) addToSums(own, sums);
    }
  }

  map(): Map<number, Sums> {
    const kept = this.#parts.kept().map(({ value }) => value);
    return new Map(kept.sort((a, b) => a.number - b.number).map(({ number, sums }) => [number, sums]));
  }
}

interface BaselineRow {
  rowNumber: number;
  /** By centroids that the row was not fitted on. */
  crossCluster: number;
  /** Whether the row was held out. */
  isReference: boolean;
}

export class BaselineSumsCounter {
  readonly #adder: RowAdder;
  readonly #all: Sums;
  readonly #heldOut: Sums;
  readonly #days: Parts;
  readonly #blocks: Parts;
  readonly #by = new Map<string, Map<string, Sums>>();
  readonly #model: FeatureModel;
  readonly #scales: Float64Array;

  constructor(source: FeatureSource) {
    this.#scales = scalesOf(source);
    const model = new FeatureModel(source);
    this.#model = model;
    this.#adder = new RowAdder(model);
    this.#all = noSums(model, false);
    this.#heldOut = noSums(model, true);
    this.#days = new Parts(model, KEPT_DAYS);
    this.#blocks = new Parts(model, KEPT_BLOCKS);
  }

  /** @param time milliseconds since 1970; NaN where not known */
  add(batch: DriftBatch, row: number, time: number, { rowNumber, crossCluster, isReference }: BaselineRow): void {
    const part = Number.isFinite(time)
      ? this.#days.at(Math.floor(time / DAY))
      : this.#blocks.at(Math.floor(rowNumber / BLOCK_ROWS));
    const into = [this.#all];
    if (part) into.push(part);
    if (isReference) into.push(this.#heldOut);
    for (const [column, values] of Object.entries(batch.segments ?? {})) {
      const value = values[row] ?? null;
      if (value !== null) into.push(this.#of(column, value));
    }
    for (const sums of into) {
      sums.rows++;
      sums.squares++;
      this.#adder.addCluster(sums, crossCluster);
    }
    this.#adder.addOthers(into, batch, row);
  }

  addAll({ all, heldOut, days, blocks, by }: BaselineSums): void {
    addToSums(this.#all, all);
    addToSums(this.#heldOut, heldOut);
    this.#days.addAll(days);
    this.#blocks.addAll(blocks);
    for (const [column, values] of by) {
      for (const [value, sums] of values) addToSums(this.#of(column, value), sums);
    }
  }

  sums(): BaselineSums {
    const byName = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    const by = new Map(byName(this.#by).map(([column, values]) => [column, new Map(byName(values))]));
    return {
      scales: this.#scales,
      all: { ...this.#all },
      heldOut: { ...this.#heldOut },
      days: this.#days.map(),
      blocks: this.#blocks.map(),
      by,
    };
  }

  #of(column: string, value: string): Sums {
    const values = this.#by.get(column) ?? new Map<string, Sums>();
    this.#by.set(column, values);
    const sums = values.get(value) ?? noSums(this.#model, false);
    values.set(value, sums);
    return sums;
  }
}

/** @param rows of the fit, by their components, and which of them are fitted on; null without a reference */
export function fittedSums(
  source: Omit<FeatureSource, 'monitor'>,
  rows: { coordinates: Matrix64; inFit: readonly boolean[] } | null,
): BaselineSums {
  const scales = rows ? robustScales(rows.coordinates, rows.inFit) : new Float64Array(0);
  return noBaselineSums({ ...source, monitor: { scales } });
}

export function noBaselineSums(source: FeatureSource): BaselineSums {
  return new BaselineSumsCounter(source).sums();
}

/** Adds those of two shards of one fitted profile, in any order. */
export function mergeBaselineSums(source: FeatureSource, a: BaselineSums, b: BaselineSums): BaselineSums {
  const counter = new BaselineSumsCounter(source);
  counter.addAll(a);
  counter.addAll(b);
  return counter.sums();
}
