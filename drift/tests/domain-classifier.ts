/**
 * The domain classifier: if a classifier can tell unseen window rows from reference rows, the two differ.
 *
 * It is a linear discriminant on coordinates and their squares, so it sees shifts and changes of spread, judged by
 * stratified five-fold cross-validation. Sources: S. Rabanser, S. Günnemann and Z. Lipton, "Failing loudly" (NeurIPS
 * 2019); R. A. Fisher, "The use of multiple measurements in taxonomic problems" (Annals of Eugenics 7, 1936).
 *
 * The direction is T⁻¹(mean of window - mean of reference), where T is the total scatter of the training rows. (By the
 * Sherman-Morrison formula it is the same with the scatter within groups.) T does not depend on the labels, so a fold's
 * T is factored once for all relabellings.
 */
import { Random } from '../../base/index.js';
import { cholesky, solveCholesky } from '../linear/decompositions.js';
import { selfDotProducts } from '../linear/distance.js';
import type { Matrix } from '../linear/matrix.js';
import { areaUnderCurve, areaVariance } from '../statistics/ranks.js';
import {
  type PooledRows,
  permutationTest,
  poolRows,
  relabel,
  type SeededOptions,
  type TestedValue,
  WINDOW,
} from './permutation-test.js';

export const FOLDS = 5;
/** Two rows of each kind for every fold. */
export const MIN_CLASSIFIER_ROWS = 2 * FOLDS;
/** Ridge, as a multiple of features / rows, for a unit diagonal: about the uncertainty of its eigenvalues. */
const RIDGE = 1;

/**
 * The value is the mean AUC of the held-out folds: about 0.5 without drift, 1 if the two never overlap.
 * @param reference,window `[rows, columns]`, at least `MIN_CLASSIFIER_ROWS`
 */
export function classifierTest(reference: Matrix, window: Matrix, options: SeededOptions): TestedValue {
  const random = Random.stream(options.seed, options.stream);
  const classifier = new CrossValidated(poolRows(reference, window, FOLDS, random));
  const value = classifier.area();
  const test = permutationTest(value, () => classifier.permuted(random), options);
  // Folds are trained on nearly the same rows, so the mean of their areas varies more than a single area would.
  const independent = Math.max(0, areaVariance(value, reference.rows, window.rows));
  const dependent = 4 * value * (1 - value) * test.variance;
  const margin = 1.96 * Math.sqrt(Math.max(independent, dependent));
  return { ...test, value, low: Math.max(0, value - margin), high: Math.min(1, value + margin) };
}

class CrossValidated {
  readonly #features: number;
  /** `[rows, features]`: coordinates and squares, each of mean 0 and variance 1. */
  readonly #data: Float64Array;
  readonly #labels: Uint8Array;
  /** For each fold, from the rows outside it: Cholesky's factor of their scatter, and their sum. */
  readonly #training: { factor: Float64Array; sum: Float64Array; rows: number }[];
  /** For each fold `[features]`: sum over its window rows. */
  readonly #windowSums: Float64Array[];
  readonly #pooled: PooledRows;

  constructor(pooled: PooledRows) {
    this.#pooled = pooled;
    this.#features = 2 * pooled.columns;
    this.#data = quadraticFeatures(pooled);
    this.#labels = pooled.labels.slice();
    this.#training = pooled.strata.map(({ start, end }) => this.#prepare(start, end));
    this.#windowSums = pooled.strata.map(() => new Float64Array(this.#features));
  }

  permuted(random: Random): number {
    relabel(this.#labels, this.#pooled.strata, random);
    return this.area();
  }

  area(): number {
    const all = new Float64Array(this.#features);
    const counts = this.#pooled.strata.map(({ start, end }, fold) => {
      const sum = this.#windowSums[fold]!.fill(0);
      let count = 0;
      for (let i = start; i < end; i++) {
        if (this.#labels[i] !== WINDOW) continue;
        count++;
        const row = i * this.#features;
        for (let f = 0; f < sum.length; f++) sum[f]! += this.#data[row + f]!;
      }
      for (let f = 0; f < sum.length; f++) all[f]! += sum[f]!;
      return count;
    });
    const windows = counts.reduce((sum, count) => sum + count, 0);
    let areas = 0;
    for (let fold = 0; fold < counts.length; fold++) {
      areas += this.#areaOf(fold, this.#direction(fold, all, windows - counts[fold]!), counts[fold]!);
    }
    return areas / counts.length;
  }

  #prepare(start: number, end: number): { factor: Float64Array; sum: Float64Array; rows: number } {
    const features = this.#features;
    const data = this.#data;
    const outside = this.#pooled.rows - (end - start);
    const across = new Float64Array(features * outside);
    const sum = new Float64Array(features);
    for (let i = 0, at = 0; i < this.#pooled.rows; i++) {
      if (i >= start && i < end) continue;
      for (let f = 0; f < features; f++) {
        const value = data[i * features + f]!;
        across[f * outside + at] = value;
        sum[f]! += value;
      }
      at++;
    }
    const scatter = selfDotProducts(across, features, outside);
    for (let f = 0; f < features; f++) {
      for (let g = 0; g < features; g++) scatter[f * features + g]! -= (sum[f]! * sum[g]!) / outside;
      scatter[f * features + f]! += RIDGE * features;
    }
    return { factor: cholesky(scatter, features), sum, rows: outside };
  }

  #direction(fold: number, windowSum: Float64Array, windows: number): Float64Array {
    const { factor, sum, rows } = this.#training[fold]!;
    const own = this.#windowSums[fold]!;
    const direction = windowSum.map((total, f) => {
      const window = total - own[f]!;
      return window / windows - (sum[f]! - window) / (rows - windows);
    });
    return solveCholesky(factor, this.#features, direction);
  }

  #areaOf(fold: number, direction: Float64Array, windows: number): number {
    const { start, end } = this.#pooled.strata[fold]!;
    const positives = new Float64Array(windows);
    const negatives = new Float64Array(end - start - windows);
    let p = 0;
    let n = 0;
    for (let i = start; i < end; i++) {
      const score = scoreOf(this.#data, i * this.#features, direction);
      if (this.#labels[i] === WINDOW) positives[p++] = score;
      else negatives[n++] = score;
    }
    return areaUnderCurve(negatives, positives);
  }
}

function scoreOf(data: Float64Array, start: number, direction: Float64Array): number {
  let even = 0;
  let odd = 0;
  for (let f = 0; f < direction.length; f += 2) {
    even += data[start + f]! * direction[f]!;
    odd += data[start + f + 1]! * direction[f + 1]!;
  }
  return even + odd;
}

/** `[rows, 2 · columns]`: z and z², standardised over all rows, whatever their labels; 0 where nothing varies. */
function quadraticFeatures({ rows, columns, data }: PooledRows): Float64Array {
  const features = new Float64Array(rows * 2 * columns);
  const values = new Float64Array(rows);
  for (let c = 0; c < columns; c++) {
    for (let i = 0; i < rows; i++) values[i] = data[i * columns + c]!;
    standardize(values);
    for (let i = 0; i < rows; i++) features[i * 2 * columns + c] = values[i]!;
    for (let i = 0; i < rows; i++) values[i]! *= values[i]!;
    standardize(values);
    for (let i = 0; i < rows; i++) features[i * 2 * columns + columns + c] = values[i]!;
  }
  return features;
}

/** A spread below this share of the largest absolute value is only rounding. */
const ROUNDING = 1e-9;

function standardize(values: Float64Array): void {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const scale = largest === 0 ? 1 : largest;
  let mean = 0;
  for (const value of values) mean += value / scale / values.length;
  let squares = 0;
  for (const value of values) squares += (value / scale - mean) ** 2;
  const spread = Math.sqrt(squares / values.length);
  for (let i = 0; i < values.length; i++) {
    values[i] = spread <= ROUNDING ? 0 : (values[i]! / scale - mean) / spread;
  }
}
