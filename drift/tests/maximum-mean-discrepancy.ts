/**
 * Maximum mean discrepancy (MMD) with a Gaussian kernel: MMD² = mean k(x, x') + mean k(y, y') - 2 mean k(x, y) over
 * pairs of different rows, with k(x, y) = exp(-‖x - y‖² / 2σ²), as in Alibi Detect and Frouros. The estimate is
 * unbiased, so it may be negative. Sources: A. Gretton et al., "A kernel two-sample test" (JMLR 13, 2012), lemma 6; σ
 * by the median heuristic, section 8.
 *
 * Many rows are compared in blocks, each with its share of both samples, whose MMD² are averaged: W. Zaremba, A.
 * Gretton and M. Blaschko, "B-test" (NIPS 2013). Labels are then permuted within blocks.
 */
import { Random } from '../../base/index.js';
import { pow } from '../../base/math/index.js';
import { squaredDistance } from '../linear/distance.js';
import { type Matrix, type Matrix64, toFloat64 } from '../linear/matrix.js';
import { valueAt } from '../statistics/ranks.js';
import { BlockStatistic } from './block-statistic.js';
import { type KernelMatrix, kernelMatrix } from './kernel/kernels.js';
import { permutationTest, poolRows, type SeededOptions, type TestedValue } from './permutation-test.js';

/** Rows of both kinds in one block. Its kernel matrix takes 12.5 MB. */
export const MAX_BLOCK_ROWS = 2_500;
/** Rows whose distances give the median: 125,000 pairs. */
const MAX_MEDIAN_ROWS = 500;

/**
 * The median heuristic: σ² is half the median squared distance of two rows (as in Alibi Detect), or half the mean where
 * most rows are equal; σ is 1 if all are.
 * @param rows `[rows, columns]`; of more than 500, evenly spaced ones are taken
 */
export function medianKernelWidth(rows: Matrix): number {
  const { columns, data } = toFloat64(rows);
  const count = Math.min(rows.rows, MAX_MEDIAN_ROWS);
  const start = (i: number) => Math.floor((i * rows.rows) / count) * columns;
  const squares = new Float64Array((count * (count - 1)) / 2);
  let place = 0;
  for (let i = 1; i < count; i++) {
    for (let j = 0; j < i; j++) squares[place++] = squaredDistance(data, start(i), data, start(j), columns);
  }
  const median = squares.length === 0 ? 0 : valueAt(squares, Math.floor((squares.length - 1) / 2));
  const typical = median > 0 ? median : squares.reduce((sum, square) => sum + square, 0) / Math.max(1, squares.length);
  return typical > 0 ? Math.sqrt(typical / 2) : 1;
}

/**
 * The unbiased MMD² of two samples, over all pairs.
 * @param reference,window `[rows, columns]`, at least two rows
 * @param sigma kernel width, above 0, in units of the columns
 */
export function maximumMeanDiscrepancy(reference: Matrix, window: Matrix, sigma: number): number {
  return new BlockStatistic(poolRows(reference, window, 1, new Random(0)), sigma).value();
}

/** Reference rows, and what a test needs of them alone, which is computed once for all windows. */
export class MmdReference {
  readonly rows: Matrix64;
  readonly sigma: number;
  #matrix: KernelMatrix | null = null;

  /** @param rows `[rows, columns]`, at least two; the kernel width is fitted on these */
  constructor(rows: Matrix) {
    this.rows = toFloat64(rows);
    this.sigma = medianKernelWidth(this.rows);
  }

  matrix(): KernelMatrix {
    this.#matrix ??= kernelMatrix(this.rows, this.sigma);
    return this.#matrix;
  }
}

interface MmdResult extends TestedValue {
  sigma: number;
  blocks: number;
}

/** More than `MAX_BLOCK_ROWS` rows are compared in blocks. @param window `[rows, columns]`, at least two rows */
export function mmdTest(reference: MmdReference, window: Matrix, options: SeededOptions): MmdResult {
  const random = Random.stream(options.seed, options.stream);
  const { rows, sigma } = reference;
  const smaller = Math.min(rows.rows, window.rows);
  const blocks = Math.max(1, Math.min(Math.ceil((rows.rows + window.rows) / MAX_BLOCK_ROWS), smaller >> 1));
  // In a single block the reference rows come first, and in their order.
  const known = blocks === 1 ? reference.matrix() : null;
  const statistic = new BlockStatistic(poolRows(rows, window, blocks, random), sigma, known);
  const value = statistic.value();
  const sampling = statistic.samplingVariance();
  const test = permutationTest(value, () => statistic.permuted(random), options);
  // The first-order variance, plus that of the null, which is all there is without drift.
  const margin = 1.96 * Math.sqrt(sampling + test.variance);
  return { ...test, value, low: value - margin, high: value + margin, sigma, blocks };
}

/** @param variances of the columns; one without variance stays as it is */
export function halfWhitened({ rows, columns, data }: Matrix, variances: Float64Array): Matrix64 {
  const scales = variances.map((variance) => (variance > 0 ? pow(variance, -0.25) : 1));
  const result = new Float64Array(data.length);
  for (let i = 0; i < result.length; i++) result[i] = data[i]! * scales[i % columns]!;
  return { rows, columns, data: result };
}
