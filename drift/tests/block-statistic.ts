/** MMD² of blocks for true labels and any others: kernel values are computed once, each labelling takes sums. */
import type { Random } from '../../base/index.js';
import { type KernelMatrix, kernelMatrix, pairSums, startOf, sumsToChosen, UNIT } from './kernel/kernels.js';
import { type PooledRows, relabel, WINDOW } from './permutation-test.js';

/** Labellings whose sums are taken in one pass, while a row of the matrix is in the cache. */
const AT_ONCE = 4;
/** A choice of fewer rows than this share is quicker picked out than masked. */
const FEW = 1 / 12;

export class BlockStatistic {
  readonly #pooled: PooledRows;
  readonly #blocks: Block[];
  /** Those of the last labelling that was drawn. */
  readonly #labels: Uint8Array;
  /** Values of labellings that were drawn and not yet asked for, the last one first. */
  #waiting: number[] = [];

  /** @param first matrix of the first rows, if it is known */
  constructor(pooled: PooledRows, sigma: number, first: KernelMatrix | null = null) {
    const { columns, data, labels, strata } = pooled;
    this.#pooled = pooled;
    this.#labels = labels.slice();
    const kernels = strata.map(({ start, end }) => {
      const block = { rows: end - start, columns, data: data.subarray(start * columns, end * columns) };
      return kernelMatrix(block, sigma, first);
    });
    const all = kernels.map(({ values }) => values);
    this.#blocks = strata.map(({ start, end }, i) => new Block(kernels[i]!, labels.subarray(start, end), all, i));
  }

  value(): number {
    return this.#valuesOf([this.#pooled.labels])[0]!;
  }

  /** The statistic for labels that are shuffled within the blocks, others at each call. */
  permuted(random: Random): number {
    if (this.#waiting.length === 0) {
      const drawn = Array.from({ length: AT_ONCE }, () => {
        relabel(this.#labels, this.#pooled.strata, random);
        return this.#labels.slice();
      });
      this.#waiting = this.#valuesOf(drawn).reverse();
    }
    return this.#waiting.pop()!;
  }

  /**
   * 4 Var[g(x)] / m + 4 Var[g(y)] / n, with g(row) = mean kernel to its own sample - mean kernel to the other: a
   * U-statistic (R. J. Serfling, "Approximation Theorems of Mathematical Statistics", 1980, section 5.2).
   */
  samplingVariance(): number {
    const gaps: [number[], number[]] = [[], []];
    for (const block of this.#blocks) block.addGaps(gaps);
    return 4 * (meanVariance(gaps[0]) + meanVariance(gaps[1]));
  }

  #valuesOf(labels: readonly Uint8Array[]): number[] {
    const sums = labels.map(() => 0);
    for (const [i, { start, end }] of this.#pooled.strata.entries()) {
      const values = this.#blocks[i]!.valuesOf(labels.map((of) => of.subarray(start, end)));
      for (const [l, value] of values.entries()) sums[l]! += value;
    }
    return sums.map((sum) => sum / this.#blocks.length);
  }
}

class Block {
  readonly #kernel: KernelMatrix;
  readonly #labels: Uint8Array;
  readonly #all: readonly Int32Array[];
  readonly #place: number;
  /** Sum of all values, each pair twice. */
  readonly #total: number;
  /** The smaller group is summed; the other sums follow from those of the rows. */
  readonly #group: number;
  readonly #count: number;

  /** @param all values of all blocks, of which these are at `place` */
  constructor(kernel: KernelMatrix, labels: Uint8Array, all: readonly Int32Array[], place: number) {
    this.#kernel = kernel;
    this.#labels = labels;
    this.#all = all;
    this.#place = place;
    this.#total = kernel.sums.reduce((sum, value) => sum + value, 0);
    const windows = countOf(labels, WINDOW);
    this.#group = 2 * windows <= labels.length ? WINDOW : 1 - WINDOW;
    this.#count = Math.min(windows, labels.length - windows);
  }

  /** MMD² for each of several labellings, which all have as many rows of each kind. */
  valuesOf(labellings: readonly Uint8Array[]): number[] {
    const sums = labellings.map((labels) => this.#sumOfRows(labels));
    return this.#sumsOfPairs(labellings).map((pairs, l) => this.#valueOf(pairs, sums[l]!));
  }

  #valueOf(pairs: number, ofRows: number): number {
    const within = 2 * pairs;
    const across = ofRows - within;
    const count = this.#count;
    const rest = this.#kernel.rows - count;
    const mean =
      within / (count * (count - 1)) +
      (this.#total - within - 2 * across) / (rest * (rest - 1)) -
      (2 * across) / (count * rest);
    return mean / UNIT;
  }

  #sumOfRows(labels: Uint8Array): number {
    const { sums } = this.#kernel;
    const group = this.#group;
    let sum = 0;
    for (let i = 0; i < labels.length; i++) if (labels[i] === group) sum += sums[i]!;
    return sum;
  }

  #sumsOfPairs(labellings: readonly Uint8Array[]): number[] {
    const { rows } = this.#kernel;
    if (this.#count < FEW * rows) return labellings.map((labels) => this.#sumOfPairs(labels));
    const masks = new Int32Array(labellings.length * rows);
    const group = this.#group;
    for (const [l, labels] of labellings.entries()) {
      const start = l * rows;
      for (let i = 0; i < rows; i++) masks[start + i] = labels[i] === group ? -1 : 0;
    }
    return pairSums(this.#all, this.#place, masks, labellings.length);
  }

  /** What the kernel does, in plain loops over the chosen rows. */
  #sumOfPairs(labels: Uint8Array): number {
    const { values } = this.#kernel;
    const chosen = new Int32Array(this.#count);
    let count = 0;
    for (let i = 0; i < labels.length; i++) if (labels[i] === this.#group) chosen[count++] = i;
    let sum = 0;
    for (let a = 1; a < count; a++) {
      // A whole number, which V8 adds faster than one that may have digits.
      const row = startOf(chosen[a]!) | 0;
      for (let b = 0; b < a; b++) sum += values[row + chosen[b]!]!;
    }
    return sum;
  }

  /** Adds each row's mean kernel to its own sample, less that to the other, by label. */
  addGaps(gaps: readonly [number[], number[]]): void {
    const { rows, sums } = this.#kernel;
    const windows = countOf(this.#labels, WINDOW);
    const mask = Int32Array.from(this.#labels, (label) => (label === WINDOW ? -1 : 0));
    for (const [i, toWindow] of sumsToChosen(this.#all, this.#place, mask).entries()) {
      const toReference = sums[i]! - toWindow;
      const label = this.#labels[i]!;
      const own = label === WINDOW ? toWindow / (windows - 1) : toReference / (rows - windows - 1);
      const other = label === WINDOW ? toReference / (rows - windows) : toWindow / windows;
      gaps[label]!.push((own - other) / UNIT);
    }
  }
}

function countOf(labels: Uint8Array, label: number): number {
  return labels.reduce((sum, own) => sum + Number(own === label), 0);
}

function meanVariance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length * Math.max(1, values.length - 1));
}
