/**
 * Maximum mean discrepancy (MMD): how far apart two samples are in the feature space of a Gaussian kernel.
 *
 * MMD² = mean k(x, x') + mean k(y, y') - 2 mean k(x, y) over pairs of different rows, with k(x, y) = exp(-‖x - y‖² /
 * 2σ²), as in Alibi Detect and Frouros. The estimate is unbiased: it is 0 on average without drift, so it may be
 * negative. Sources: A. Gretton et al., "A kernel two-sample test" (JMLR 13, 2012), lemma 6; σ by the median heuristic,
 * section 8.
 *
 * Many rows are compared in blocks, each with its share of both samples, and the MMD² of the blocks are averaged: W.
 * Zaremba, A. Gretton and M. Blaschko, "B-test" (NIPS 2013). Labels are then permuted within blocks.
 */
import { Random } from '../../random/index.js';
import { squaredDistance } from '../linear/distance.js';
import { type Matrix, type Matrix64, toFloat64 } from '../linear/matrix.js';
import { type KernelMatrix, kernelMatrix, startOf } from './kernel-matrix.js';
import { type LevelledOptions, type PermutationResult, permutationTest, relabel } from './permutation-test.js';
import { type PooledRows, poolRows, WINDOW } from './pooled-rows.js';

/** Rows of both kinds in one block. Its kernel matrix takes 12.5 MB. */
export const MAX_BLOCK_ROWS = 2_500;
/** Rows whose distances give the median: 125,000 pairs. */
const MAX_MEDIAN_ROWS = 500;

/**
 * The median heuristic: σ² is half the median squared distance between two rows (as in Alibi Detect). If most rows are
 * equal, the mean is used instead of the median. If all are equal, σ is 1; any width then gives the same result.
 *
 * @param rows `[rows, columns]`; evenly spaced rows are taken if there are more than 500
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
  squares.sort();
  const median = squares[Math.floor((squares.length - 1) / 2)] ?? 0;
  const typical = median > 0 ? median : squares.reduce((sum, square) => sum + square, 0) / Math.max(1, squares.length);
  return typical > 0 ? Math.sqrt(typical / 2) : 1;
}

/**
 * The unbiased MMD² of two samples, exact over all pairs.
 *
 * @param reference `[rows, columns]`, at least two rows
 * @param window `[rows, columns]`, at least two rows
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

export interface MmdResult extends PermutationResult {
  value: number;
  /** 95 % interval of the value. */
  low: number;
  high: number;
  sigma: number;
  blocks: number;
}

/**
 * MMD², its permutation test and its interval. More than `MAX_BLOCK_ROWS` rows are compared in blocks.
 *
 * @param window `[rows, columns]`, at least two rows
 */
export function mmdTest(
  reference: MmdReference,
  window: Matrix,
  options: LevelledOptions & { seed: number; stream: number },
): MmdResult {
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

/** Kernel matrices of the blocks, computed once, and the statistic for any labelling. */
class BlockStatistic {
  /** One for each block. */
  readonly #kernels: KernelMatrix[];
  readonly #labels: Uint8Array;
  readonly #chosen: Int32Array;
  readonly #pooled: PooledRows;

  /** @param first matrix of the first rows, if it is known */
  constructor(pooled: PooledRows, sigma: number, first: KernelMatrix | null = null) {
    const { rows, columns, data, labels, strata } = pooled;
    this.#pooled = pooled;
    this.#labels = labels.slice();
    this.#chosen = new Int32Array(rows);
    this.#kernels = strata.map(({ start, end }) => {
      const block = { rows: end - start, columns, data: data.subarray(start * columns, end * columns) };
      return kernelMatrix(block, sigma, first);
    });
  }

  /** The statistic for the current labels. */
  value(): number {
    let sum = 0;
    for (let block = 0; block < this.#kernels.length; block++) sum += this.#valueOf(block);
    return sum / this.#kernels.length;
  }

  permuted(random: Random): number {
    relabel(this.#labels, this.#pooled.strata, random);
    return this.value();
  }

  /**
   * 4 Var[g(x)] / m + 4 Var[g(y)] / n, with g(row) = mean kernel to its own sample - mean kernel to the other: the
   * first-order term of a U-statistic's variance (R. J. Serfling, "Approximation Theorems of Mathematical Statistics",
   * 1980, section 5.2).
   */
  samplingVariance(): number {
    const { strata, labels } = this.#pooled;
    const gaps: [number[], number[]] = [[], []];
    for (const [block, { start, end }] of strata.entries()) {
      const size = end - start;
      const ofBlock = labels.subarray(start, end);
      const windows = ofBlock.reduce((sum, label) => sum + label, 0);
      const { sums } = this.#kernels[block]!;
      for (const [i, toWindow] of sumsToWindow(this.#kernels[block]!, ofBlock).entries()) {
        const toReference = sums[i]! - toWindow;
        const label = ofBlock[i]!;
        const own = label === WINDOW ? toWindow / (windows - 1) : toReference / (size - windows - 1);
        const other = label === WINDOW ? toReference / (size - windows) : toWindow / windows;
        gaps[label]!.push(own - other);
      }
    }
    return 4 * (meanVariance(gaps[0]) + meanVariance(gaps[1]));
  }

  /** MMD² of one block. Only the smaller group is summed; the other sums follow from the row sums. */
  #valueOf(block: number): number {
    const { start, end } = this.#pooled.strata[block]!;
    const { values, sums } = this.#kernels[block]!;
    const size = end - start;
    let windows = 0;
    for (let i = start; i < end; i++) windows += this.#labels[i]!;
    const group = 2 * windows <= size ? WINDOW : 1 - WINDOW;
    const chosen = this.#chosen;
    let count = 0;
    let groupTotal = 0;
    let total = 0;
    for (let i = 0; i < size; i++) {
      const rowSum = sums[i]!;
      total += rowSum;
      if (this.#labels[start + i] !== group) continue;
      groupTotal += rowSum;
      chosen[count++] = i;
    }
    const within = 2 * sumOfPairs(values, chosen, count);
    const across = groupTotal - within;
    const rest = size - count;
    return (
      within / (count * (count - 1)) +
      (total - within - 2 * across) / (rest * (rest - 1)) -
      (2 * across) / (count * rest)
    );
  }
}

/** `[rows]`: sum over the window's rows of the block, without the row itself. */
function sumsToWindow({ rows, values }: KernelMatrix, labels: Uint8Array): Float64Array {
  const toWindow = new Float64Array(rows);
  for (let i = 0, place = 0; i < rows; i++) {
    const isWindow = labels[i] === WINDOW;
    let sum = 0;
    for (let j = 0; j < i; j++, place++) {
      if (labels[j] === WINDOW) sum += values[place]!;
      if (isWindow) toWindow[j]! += values[place]!;
    }
    toWindow[i] = sum;
  }
  return toWindow;
}

function sumOfPairs(kernel: Float32Array, chosen: Int32Array, count: number): number {
  let sum = 0;
  for (let a = 1; a < count; a++) {
    // A whole number, which V8 adds faster than one that may have digits.
    const row = startOf(chosen[a]!) | 0;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    const whole = a & ~3;
    let b = 0;
    for (; b < whole; b += 4) {
      s0 += kernel[row + chosen[b]!]!;
      s1 += kernel[row + chosen[b + 1]!]!;
      s2 += kernel[row + chosen[b + 2]!]!;
      s3 += kernel[row + chosen[b + 3]!]!;
    }
    for (; b < a; b++) s0 += kernel[row + chosen[b]!]!;
    sum += s0 + s1 + (s2 + s3);
  }
  return sum;
}

/** Variance of the mean of the values. */
function meanVariance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length * Math.max(1, values.length - 1));
}
