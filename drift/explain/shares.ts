/**
 * How many images of a window have a cause, when the others are as the baseline's. A discriminant that tells images
 * with the cause from those without gives each a chance from 0 to 1, and the window's mean lies between the means of
 * the two as its share says: the adjusted count of A. Bella et al. ("Quantification via probability estimators", ICDM
 * 2010). It hardly depends on how strong the cause is, so long as the two can be told apart, where a distance between
 * means mistakes many images with little for few with much.
 */
import { Random } from '../../base/index.js';
import { cos, exp, pow } from '../../base/math/index.js';
import { solveStandardized } from '../linear/decompositions.js';
import { dot } from '../linear/distance.js';
import { type Matrix64, meanOf } from '../linear/matrix.js';
import { medianKernelWidth } from '../tests/maximum-mean-discrepancy.js';

/** One-sided 97.5 %. */
const QUANTILE = 1.96;
/** Rows are judged by a discriminant that has not seen them. */
const FOLDS = 2;
/** As multiple of features / rows, for a unit diagonal. */
const RIDGE = 1;
/** Between the mean chances of images with the cause and of those without: with less, the share is not known. */
const LEAST_APART = 0.3;

/**
 * @param clean, changed the same images without the cause and with it, `[images, features]`
 * @param window `[rows, features]`
 * @returns not cut to 0 to 1; null where the two can hardly be told apart, or the share is not beyond its error
 */
export function changedShare(clean: Matrix64, changed: Matrix64, window: Matrix64): number | null {
  const shares = Array.from({ length: FOLDS }, (_, fold) => {
    const isOwn = (row: number) => row % FOLDS === fold;
    const all = Array.from({ length: clean.rows }, (__, row) => row);
    const chance = discriminant(
      clean,
      changed,
      all.filter((row) => !isOwn(row)),
    );
    const own = all.filter(isOwn);
    const without = meanChance(clean, own, chance);
    const apart = meanChance(changed, own, chance) - without;
    if (apart < LEAST_APART) return null;
    const chances = Array.from({ length: window.rows }, (__, row) => chance(window, row));
    const mean = chances.reduce((sum, value) => sum + value, 0) / chances.length;
    const variance = chances.reduce((sum, value) => sum + (value - mean) ** 2, 0) / chances.length;
    const share = (mean - without) / apart;
    // The rows of both vary about alike.
    const error = Math.sqrt(variance / window.rows + variance / own.length) / apart;
    return share < QUANTILE * error ? null : share;
  });
  return shares.reduce((sum, share) => (sum === null || share === null ? null : sum + share / FOLDS), 0);
}

type Chance = (matrix: Matrix64, row: number) => number;

function meanChance(matrix: Matrix64, rows: readonly number[], chance: Chance): number {
  return rows.reduce((sum, row) => sum + chance(matrix, row), 0) / rows.length;
}

/** Fisher's, as the chance that a row is one of the second matrix. */
function discriminant(a: Matrix64, b: Matrix64, rows: readonly number[]): Chance {
  const { columns } = a;
  const means = [a, b].map((matrix) => meanOf(matrix, rows)) as [Float64Array, Float64Array];
  const scatter = new Float64Array(columns * columns);
  for (const [i, matrix] of [a, b].entries()) addScatter(matrix, rows, means[i]!, scatter);
  const apart = means[1].map((value, c) => value - means[0][c]!);
  const { x: direction } = solveStandardized(scatter, columns, apart, (RIDGE * columns) / (2 * rows.length));
  const middle = direction.reduce((sum, value, c) => sum + (value * (means[0][c]! + means[1][c]!)) / 2, 0);
  return ({ data }, row) => {
    let score = -middle;
    for (let c = 0; c < columns; c++) score += direction[c]! * data[row * columns + c]!;
    return 1 / (1 + exp(-score));
  };
}

/** Adds half of the mean of `(row - mean)(row - mean)ᵀ`. */
function addScatter({ columns, data }: Matrix64, rows: readonly number[], mean: Float64Array, to: Float64Array): void {
  for (const row of rows) {
    for (let c = 0; c < columns; c++) {
      const moved = (data[row * columns + c]! - mean[c]!) / (2 * rows.length);
      for (let d = 0; d < columns; d++) to[c * columns + d]! += moved * (data[row * columns + d]! - mean[d]!);
    }
  }
}

// Other shares of the classes: weights of the baseline's classes with which it lies nearest to the window, in means of random
// Fourier features of the embeddings. Kernel mean matching for shifted labels: K. Zhang et al., "Domain adaptation under
// target and conditional shift" (ICML 2013).

const FEATURES = 256;
const STREAM = 173;
const ROUNDS = 2_000;

export interface ClassMix {
  /** Share of each class in the window, in the order of the names. */
  shares: { name: string; share: number }[];
  /** Half of the sum of the differences from the baseline's shares, 0 to 1. */
  strength: number;
  /** Rows of the baseline, drawn so that the classes have these shares. */
  rows: Uint32Array;
}

/** @param baseline, window coordinates along the principal components @param targets of the baseline's rows */
export function fitClassMix(
  baseline: Matrix64,
  targets: readonly string[],
  window: Matrix64,
  variances: Float64Array,
  seed: number,
): ClassMix {
  const names = [...new Set(targets)].sort();
  const scale = variances.map((variance) => (variance > 0 ? pow(variance, -0.25) : 1));
  const kernel = new Kernel(scaled(baseline, scale));
  const [own, wanted] = [kernel.features(scaled(baseline, scale)), kernel.features(scaled(window, scale))];
  const rowsOf = names.map((name) => targets.flatMap((target, row) => (target === name ? [row] : [])));
  const means = rowsOf.map((rows) => meanOf(own, rows));
  const target = meanOf(
    wanted,
    Array.from({ length: wanted.rows }, (_, row) => row),
  );
  const before = rowsOf.map((rows) => rows.length / targets.length);
  const shares = nearestMix(means, target, before);
  return {
    shares: names.map((name, i) => ({ name, share: shares[i]! })),
    strength: shares.reduce((sum, share, i) => sum + Math.abs(share - before[i]!) / 2, 0),
    rows: drawn(rowsOf, shares, targets.length, seed),
  };
}

/** Shares that add up to 1, by multiplicative steps down the gradient (J. Kivinen and M. Warmuth, 1997). */
function nearestMix(means: readonly Float64Array[], target: Float64Array, start: readonly number[]): number[] {
  const products = means.map((a) => means.map((b) => dot(a, b)));
  const along = means.map((mean) => dot(mean, target));
  const rate = 1 / Math.max(...products.map((row, i) => row[i]!));
  let shares = [...start];
  for (let round = 0; round < ROUNDS; round++) {
    const steps = shares.map((share, i) => {
      const slope = products[i]!.reduce((sum, product, j) => sum + product * shares[j]!, 0) - along[i]!;
      return share * exp(-rate * slope);
    });
    const sum = steps.reduce((total, step) => total + step, 0);
    shares = steps.map((step) => step / sum);
  }
  return shares;
}

/** As many rows as before, each class as often as its share says, every row about equally often. */
function drawn(rowsOf: readonly number[][], shares: readonly number[], count: number, seed: number): Uint32Array {
  const chosen = rowsOf.flatMap((rows, i) => {
    const order = Random.stream(seed, STREAM + 1 + i).shuffle(Uint32Array.from(rows));
    return Array.from({ length: Math.round(shares[i]! * count) }, (_, k) => order[k % order.length]!);
  });
  return Uint32Array.from(chosen);
}

class Kernel {
  readonly #frequencies: Float64Array;
  readonly #phases: Float64Array;

  constructor(rows: Matrix64) {
    const width = medianKernelWidth(rows);
    const random = Random.stream(0, STREAM);
    this.#frequencies = Float64Array.from({ length: FEATURES * rows.columns }, () => random.normal() / width);
    this.#phases = Float64Array.from({ length: FEATURES }, () => 2 * Math.PI * random.uniform());
  }

  features({ rows, columns, data }: Matrix64): Matrix64 {
    const features = new Float64Array(rows * FEATURES);
    for (let row = 0; row < rows; row++) {
      for (let f = 0; f < FEATURES; f++) {
        let phase = this.#phases[f]!;
        for (let c = 0; c < columns; c++) phase += this.#frequencies[f * columns + c]! * data[row * columns + c]!;
        features[row * FEATURES + f] = cos(phase);
      }
    }
    return { rows, columns: FEATURES, data: features };
  }
}

function scaled({ rows, columns, data }: Matrix64, scale: Float64Array): Matrix64 {
  return { rows, columns, data: data.map((value, i) => value * scale[i % columns]!) };
}
