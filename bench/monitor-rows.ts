/** Features of rows that are drawn many times, for `bench/monitor.ts`: each is computed once for a baseline. */
import type { DriftBatch } from '../drift/index.js';
import { FeatureModel, type FeatureSource, noSums, type Sums } from '../monitor/index.js';

export class RowTable {
  readonly rows: number;
  readonly #model: FeatureModel;
  readonly #clusters: Int32Array;
  /** `[rows, features]`. */
  readonly #features: Float64Array;

  constructor(source: FeatureSource, batch: DriftBatch) {
    this.#model = new FeatureModel(source);
    this.rows = batch.embeddings.rows;
    const { size, blocks } = this.#model;
    this.#clusters = new Int32Array(this.rows);
    this.#features = new Float64Array(this.rows * size);
    for (let row = 0; row < this.rows; row++) {
      this.#clusters[row] = this.#model.clusterOf(batch, row);
      const into = this.#features.subarray(row * size, (row + 1) * size);
      for (let block = 1; block < blocks.length; block++) {
        if (!this.#model.read(batch, row, block, into)) throw new Error(`row ${row} lacks ${blocks[block]!.name}`);
      }
    }
  }

  none(products = true): Sums {
    return noSums(this.#model, products);
  }

  /** As `SumsCounter` adds a row that is in no group. */
  add(sums: Sums, row: number): void {
    const { blocks, size } = this.#model;
    const start = row * size;
    sums.rows++;
    sums.squares++;
    sums.features[this.#clusters[row]!]!++;
    for (let block = 0; block < blocks.length; block++) sums.counted[block]!++;
    let at = 0;
    for (let block = 1; block < blocks.length; block++) {
      const { first, end } = blocks[block]!;
      for (let i = first; i < end; i++) {
        const value = this.#features[start + i]!;
        sums.features[i]! += value;
        if (sums.products.length === 0) continue;
        for (let j = first; j <= i; j++) sums.products[at++]! += value * this.#features[start + j]!;
      }
    }
  }
}
