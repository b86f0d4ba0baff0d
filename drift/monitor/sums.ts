/** Sums of features: whole numbers, so that those of files, pods and shards add up to the same bits in any order. */
import { DriftError } from '../drift-error.js';
import { checkBatch, type DriftBatch, isBatchRowUsable } from '../rows/batch.js';
import { FeatureModel, type FeatureSource } from './features.js';

/** Sums of some rows; every number is whole. */
export interface Sums {
  rows: number;
  /** Rows left out because a value was not finite. */
  skipped: number;
  /** Σ n² over given groups of n rows, where a row without a group is one; the rows, if no groups are given. */
  squares: number;
  /** `[blocks]`: rows that have the features of each block. */
  counted: Float64Array;
  /** `[size]`: sums of the features. */
  features: Float64Array;
  /** `[products]`: sums of products of the features of a block; empty where they are not kept. */
  products: Float64Array;
}

export function noSums(model: FeatureModel, products: boolean): Sums {
  return {
    rows: 0,
    skipped: 0,
    squares: 0,
    counted: new Float64Array(model.blocks.length),
    features: new Float64Array(model.size),
    products: new Float64Array(products ? model.products : 0),
  };
}

export function copyOfSums({ counted, features, products, ...rest }: Sums): Sums {
  return { ...rest, counted: counted.slice(), features: features.slice(), products: products.slice() };
}

/** @throws DriftError `SUMS_DIFFER` if they are not of the same features; then nothing is added */
export function addToSums(into: Sums, added: Sums): void {
  const lists = ['counted', 'features', 'products'] as const;
  for (const name of lists) {
    const [known, other] = [into[name].length, added[name].length];
    if (known === other) continue;
    throw new DriftError('SUMS_DIFFER', `sums of ${known} and of ${other} ${name}: another profile?`);
  }
  for (const name of ['rows', 'skipped', 'squares'] as const) into[name] += added[name];
  for (const name of lists) {
    const [to, from] = [into[name], added[name]];
    for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
  }
}

/** @throws as `addToSums` */
export function addSums(a: Sums, b: Sums): Sums {
  const sum = copyOfSums(a);
  addToSums(sum, b);
  return sum;
}

/** Adds a row of a block to sums, without counting the row itself. */
export class RowAdder {
  readonly model: FeatureModel;
  readonly #row: Float64Array;

  constructor(model: FeatureModel) {
    this.model = model;
    this.#row = new Float64Array(model.size);
  }

  addCluster(sums: Sums, cluster: number): void {
    sums.counted[0]!++;
    sums.features[cluster]!++;
  }

  /** All blocks but that of the clusters. @param all each is added to */
  addOthers(all: readonly Sums[], batch: DriftBatch, row: number): void {
    for (let block = 1; block < this.model.blocks.length; block++) {
      if (!this.model.read(batch, row, block, this.#row)) continue;
      for (const sums of all) this.#addBlock(sums, block);
    }
  }

  #addBlock({ counted, features, products }: Sums, block: number): void {
    const { first, end, products: start } = this.model.blocks[block]!;
    counted[block]!++;
    for (let i = first; i < end; i++) features[i]! += this.#row[i]!;
    if (products.length === 0) return;
    let at = start;
    for (let i = first; i < end; i++) {
      for (let j = first; j <= i; j++) products[at++]! += this.#row[i]! * this.#row[j]!;
    }
  }
}

/** Sums the rows of one window, or of one camera in it. */
export class SumsCounter {
  readonly #adder: RowAdder;
  readonly #sums: Sums;
  readonly #groups = new Map<string, number>();

  /** @param products whether products are summed: of a window's rows, not of those of one camera */
  constructor(model: FeatureModel, products: boolean) {
    this.#adder = new RowAdder(model);
    this.#sums = noSums(model, products);
  }

  /** @param batch of which `checkBatch` has been asked */
  add(batch: DriftBatch, row: number): void {
    SumsCounter.addTo([this], batch, row);
  }

  /** Adds a row to several, of one model: its features are computed once. */
  static addTo(counters: readonly SumsCounter[], batch: DriftBatch, row: number): void {
    if (!isBatchRowUsable(batch, row)) {
      for (const counter of counters) counter.#sums.skipped++;
      return;
    }
    const group = batch.groups?.[row] ?? null;
    for (const counter of counters) counter.#countRow(group);
    const sums = counters.map((counter) => counter.#sums);
    const adder = counters[0]!.#adder;
    const cluster = adder.model.clusterOf(batch, row);
    for (const each of sums) adder.addCluster(each, cluster);
    adder.addOthers(sums, batch, row);
  }

  #countRow(group: string | null): void {
    const before = group === null ? 0 : (this.#groups.get(group) ?? 0);
    if (group !== null) this.#groups.set(group, before + 1);
    this.#sums.rows++;
    // (n + 1)² − n².
    this.#sums.squares += 2 * before + 1;
  }

  /** Those of the rows since the call before; what groups have had stays known. */
  take(): Sums {
    const sums = copyOfSums(this.#sums);
    Object.assign(this.#sums, noSums(this.#adder.model, sums.products.length > 0));
    return sums;
  }

  /** A copy. */
  sums(): Sums {
    return copyOfSums(this.#sums);
  }
}

/** Sums of all rows of a batch. @throws DriftError what `checkBatch` throws */
export function sumsOf(source: FeatureSource & { dimensions: number }, batch: DriftBatch, what = 'window'): Sums {
  checkBatch(batch, source.dimensions, source.classes.length, what);
  const counter = new SumsCounter(new FeatureModel(source), true);
  for (let row = 0; row < batch.embeddings.rows; row++) counter.add(batch, row);
  return counter.sums();
}
