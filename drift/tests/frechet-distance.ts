/**
 * Fréchet distance of two samples, each treated as Gaussian: ‖μ₁ - μ₂‖² + Tr(S₁ + S₂ - 2 (S₁ S₂)^½). Sources: D. C.
 * Dowson and B. V. Landau, "The Fréchet distance between multivariate normal distributions" (Journal of Multivariate
 * Analysis 12, 1982); for drift, also by predicted class: S. Greco et al., "DriftLens" (arXiv 2406.17813).
 *
 * The trace of the root is the sum of the square roots of the eigenvalues of S₁ S₂, which are those of the symmetric Rᵀ
 * S₂ R for any R with R Rᵀ = S₁. So covariances may be singular.
 */
import { Random } from '../../base/index.js';
import { symmetricEigen, symmetricEigenvalues } from '../linear/decompositions.js';
import type { Matrix } from '../linear/matrix.js';
import {
  type PooledRows,
  permutationTest,
  poolRows,
  relabel,
  type SeededOptions,
  type TestedValue,
  WINDOW,
} from './permutation-test.js';

interface Gaussian {
  /** `[columns]`. */
  mean: Float64Array;
  /** `[columns, columns]`, divisor rows - 1; 0 for a single row. */
  covariance: Float64Array;
}

export function gaussianOf({ rows, columns, data }: Matrix): Gaussian {
  const moments = new Moments(columns);
  const values = data instanceof Float64Array ? data : new Float64Array(data);
  const origin = values.slice(0, columns);
  const shifted = values.map((value, at) => value - origin[at % columns]!);
  moments.add(
    shifted,
    Int32Array.from({ length: rows }, (_, i) => i),
  );
  const found = moments.gaussian();
  return { mean: found.mean.map((value, c) => value + origin[c]!), covariance: found.covariance };
}

/** The distance in squared units of the columns, 0 or more. */
export function frechetDistance(a: Gaussian, b: Gaussian): number {
  const size = a.mean.length;
  let distance = 0;
  for (let c = 0; c < size; c++) {
    distance += (a.mean[c]! - b.mean[c]!) ** 2 + a.covariance[c * size + c]! + b.covariance[c * size + c]!;
  }
  return Math.max(0, distance - 2 * traceOfRoot(a.covariance, b.covariance, size));
}

function traceOfRoot(a: Float64Array, b: Float64Array, size: number): number {
  const { values, vectors } = symmetricEigen(a, size);
  const roots = values.map((value) => Math.sqrt(Math.max(0, value)));
  const product = new Float64Array(size * size);
  const along = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    if (roots[i] === 0) continue;
    for (let c = 0; c < size; c++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += b[c * size + k]! * vectors[i * size + k]!;
      along[c] = sum * roots[i]!;
    }
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c < size; c++) sum += along[c]! * vectors[j * size + c]!;
      product[i * size + j] = sum * roots[j]!;
    }
  }
  let trace = 0;
  for (const value of symmetricEigenvalues(product, size)) trace += Math.sqrt(Math.max(0, value));
  return trace;
}

/** With an interval by the jackknife. @param reference,window `[rows, columns]`, at least two rows */
export function frechetTest(reference: Matrix, window: Matrix, options: SeededOptions): TestedValue {
  const random = Random.stream(options.seed, options.stream);
  const statistic = new FrechetStatistic(poolRows(reference, window, 1, random));
  const value = statistic.value();
  const margin = 1.96 * Math.sqrt(statistic.samplingVariance());
  const test = permutationTest(value, () => statistic.permuted(random), options);
  return { ...test, value, low: Math.max(0, value - margin), high: value + margin };
}

const GROUPS = 20;

class FrechetStatistic {
  readonly #labels: Uint8Array;
  /** `[rows, columns]`, minus the mean of all rows, so that differences of sums keep their digits. */
  readonly #data: Float64Array;
  readonly #all: Moments;
  readonly #chosen: Int32Array;
  readonly #pooled: PooledRows;

  constructor(pooled: PooledRows) {
    this.#pooled = pooled;
    const { rows, columns, data } = pooled;
    this.#labels = pooled.labels.slice();
    this.#chosen = new Int32Array(rows);
    const { mean } = gaussianOf({ rows, columns, data });
    this.#data = data.map((value, at) => value - mean[at % columns]!);
    this.#all = this.#momentsOf(() => true);
  }

  /** The statistic for the current labels. The smaller group is summed; the larger one is the rest. */
  value(): number {
    const windows = this.#labels.reduce((sum, label) => sum + label, 0);
    const group = 2 * windows <= this.#pooled.rows ? WINDOW : 1 - WINDOW;
    const part = this.#momentsOf((i) => this.#labels[i] === group);
    return frechetDistance(part.gaussian(), this.#all.without(part).gaussian());
  }

  permuted(random: Random): number {
    relabel(this.#labels, this.#pooled.strata, random);
    return this.value();
  }

  /** Delete-a-group jackknife (B. Efron, "The Jackknife, the Bootstrap and Other Resampling Plans", 1982, chapter 3). */
  samplingVariance(): number {
    const groups = Math.min(GROUPS, this.#pooled.rows >> 2);
    if (groups < 2) return 0;
    const values = Array.from({ length: groups }, (_, group) => {
      const [reference, window] = [1 - WINDOW, WINDOW].map((label) =>
        this.#momentsOf((i) => this.#labels[i] === label && i % groups !== group),
      );
      return frechetDistance(reference!.gaussian(), window!.gaussian());
    });
    const mean = values.reduce((sum, value) => sum + value, 0) / groups;
    return (values.reduce((sum, value) => sum + (value - mean) ** 2, 0) * (groups - 1)) / groups;
  }

  #momentsOf(isChosen: (row: number) => boolean): Moments {
    const { rows, columns } = this.#pooled;
    let count = 0;
    for (let i = 0; i < rows; i++) if (isChosen(i)) this.#chosen[count++] = i;
    const moments = new Moments(columns);
    moments.add(this.#data, this.#chosen.subarray(0, count));
    return moments;
  }
}

class Moments {
  #rows = 0;
  readonly #sums: Float64Array;
  /** `[columns, columns]`, lower triangle. */
  readonly #products: Float64Array;
  readonly #columns: number;

  constructor(columns: number) {
    this.#columns = columns;
    this.#sums = new Float64Array(columns);
    this.#products = new Float64Array(columns * columns);
  }

  add(data: Float64Array, rows: Int32Array): void {
    const whole = rows.length & ~3;
    for (let i = 0; i < whole; i += 4) this.#addFour(data, rows[i]!, rows[i + 1]!, rows[i + 2]!, rows[i + 3]!);
    for (let i = whole; i < rows.length; i++) this.#addOne(data, rows[i]!);
    this.#rows += rows.length;
  }

  /** Adds four rows at once, so that each sum is loaded and stored once for the four. */
  #addFour(data: Float64Array, first: number, second: number, third: number, fourth: number): void {
    const columns = this.#columns;
    const sums = this.#sums;
    const products = this.#products;
    const [p, q, r, s] = [first * columns, second * columns, third * columns, fourth * columns] as const;
    for (let c = 0; c < columns; c++) {
      const a = data[p + c]!;
      const b = data[q + c]!;
      const d = data[r + c]!;
      const e = data[s + c]!;
      sums[c]! += a + b + (d + e);
      const row = c * columns;
      for (let k = 0; k <= c; k++) {
        products[row + k]! += a * data[p + k]! + b * data[q + k]! + (d * data[r + k]! + e * data[s + k]!);
      }
    }
  }

  #addOne(data: Float64Array, row: number): void {
    const columns = this.#columns;
    const sums = this.#sums;
    const products = this.#products;
    for (let c = 0; c < columns; c++) {
      const value = data[row * columns + c]!;
      sums[c]! += value;
      for (let k = 0; k <= c; k++) products[c * columns + k]! += value * data[row * columns + k]!;
    }
  }

  without(part: Moments): Moments {
    const rest = new Moments(this.#columns);
    rest.#rows = this.#rows - part.#rows;
    for (let i = 0; i < this.#sums.length; i++) rest.#sums[i] = this.#sums[i]! - part.#sums[i]!;
    for (let i = 0; i < this.#products.length; i++) rest.#products[i] = this.#products[i]! - part.#products[i]!;
    return rest;
  }

  gaussian(): Gaussian {
    const rows = this.#rows;
    const columns = this.#columns;
    const sums = this.#sums;
    const products = this.#products;
    const covariance = new Float64Array(columns * columns);
    for (let c = 0; c < columns; c++) {
      for (let k = 0; k <= c; k++) {
        const value = (products[c * columns + k]! - (sums[c]! * sums[k]!) / rows) / Math.max(1, rows - 1);
        covariance[c * columns + k] = value;
        covariance[k * columns + c] = value;
      }
    }
    return { mean: sums.map((sum) => sum / rows), covariance };
  }
}
