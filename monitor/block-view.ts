/** One block of features as coordinates that vary by one: of a mean of rows, and of its distance to another. */
import { cholesky } from '../drift/index.js';
import { type FeatureBlock, type Sums, UNIT } from '../drift/monitor/index.js';

/** Clusters with a smaller share are one: means of rare events are far from normal. */
const LEAST_SHARE = 0.02;
/** So much of a unit is added to each variance: what never varied in the baseline may still be rounding. */
const RIDGE = 1e-3;

export class BlockView {
  readonly block: FeatureBlock;
  /** Coordinates. */
  readonly size: number;
  readonly #index: number;
  /** Clusters of each coordinate; null where each feature is one. */
  readonly #cells: readonly (readonly number[])[] | null;

  /** @param index of the block @param baseline its sums decide which clusters are joined */
  constructor(block: FeatureBlock, index: number, baseline: Sums) {
    this.block = block;
    this.#index = index;
    this.#cells = block.name === 'clusters' ? cellsOf(baseline.features.subarray(block.first, block.end)) : null;
    this.size = this.#cells?.length ?? block.end - block.first;
  }

  rows(sums: Sums): number {
    return sums.counted[this.#index]!;
  }

  /** `[size]`: sums of the coordinates over the rows, divided by `effect`. */
  totals({ features }: Sums, effect = 1): Float64Array {
    const { first } = this.block;
    const totals = new Float64Array(this.size);
    for (let i = 0; i < this.size; i++) {
      if (this.#cells === null) totals[i] = features[first + i]! / UNIT / effect;
      else for (const cell of this.#cells[i]!) totals[i]! += features[first + cell]! / effect;
    }
    return totals;
  }

  /** `[size, size]`: the factor L of the rows' covariance L · Lᵀ, a little shrunk to its diagonal. */
  factor(sums: Sums): Float64Array {
    const covariance = this.#covariance(sums);
    const shrunk = this.size / (this.rows(sums) + this.size);
    for (let i = 0; i < this.size; i++) {
      for (let j = 0; j < this.size; j++) covariance[i * this.size + j]! *= i === j ? 1 : 1 - shrunk;
      covariance[i * this.size + i]! += this.#cells === null ? RIDGE : RIDGE * LEAST_SHARE;
    }
    return cholesky(covariance, this.size);
  }

  #covariance(sums: Sums): Float64Array {
    const rows = this.rows(sums);
    const mean = this.totals(sums).map((total) => total / rows);
    const products = this.#cells === null ? this.#products(sums) : diagonalOf(mean.map((share) => share * rows));
    return products.map((product, at) => {
      return product / rows - mean[Math.floor(at / this.size)]! * mean[at % this.size]!;
    });
  }

  #products({ products }: Sums): Float64Array {
    const whole = new Float64Array(this.size ** 2);
    let at = this.block.products;
    for (let i = 0; i < this.size; i++) {
      for (let j = 0; j <= i; j++) {
        const product = products[at++]! / UNIT ** 2;
        whole[i * this.size + j] = product;
        whole[j * this.size + i] = product;
      }
    }
    return whole;
  }
}

/** Small clusters are joined, and the largest cell is left out: its share follows from the others. */
function cellsOf(counts: ArrayLike<number>): number[][] {
  const clusters = Array.from(counts, (count, cluster) => ({ count, cells: [cluster] }));
  const least = LEAST_SHARE * clusters.reduce((sum, { count }) => sum + count, 0);
  const sorted = clusters.sort((a, b) => a.count - b.count || a.cells[0]! - b.cells[0]!);
  while (sorted.length > 1 && sorted[0]!.count < least) {
    const [small, next] = sorted.splice(0, 2);
    sorted.push({ count: small!.count + next!.count, cells: [...small!.cells, ...next!.cells] });
    sorted.sort((a, b) => a.count - b.count);
  }
  return sorted.slice(0, -1).map(({ cells }) => cells);
}

function diagonalOf(values: Float64Array): Float64Array {
  const matrix = new Float64Array(values.length ** 2);
  for (const [i, value] of values.entries()) matrix[i * (values.length + 1)] = value;
  return matrix;
}

/** Solves L x = difference. @param factor `[size, size]` */
export function whitened(factor: Float64Array, difference: Float64Array): Float64Array {
  const size = difference.length;
  const x = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let rest = difference[i]!;
    for (let k = 0; k < i; k++) rest -= factor[i * size + k]! * x[k]!;
    x[i] = rest / factor[i * size + i]!;
  }
  return x;
}

export function squareOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
