/**
 * How many images of a window have a cause, when the others are as the baseline's. A discriminant that tells images with the cause
 * from those without gives each a chance from 0 to 1, and the window's mean lies between the means of the two as its share says: the
 * adjusted count of A. Bella et al. ("Quantification via probability estimators", ICDM 2010). It hardly depends on how strong the
 * cause is, so long as the two can be told apart, where a distance between means mistakes many images with little for few with much.
 */
import { cholesky, solveCholesky } from '../linear/cholesky.js';
import { type Matrix64, meanOf } from '../linear/matrix.js';

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
  const spreads = Float64Array.from({ length: columns }, (_, c) => Math.sqrt(scatter[c * columns + c]!) || 1);
  const ridge = (RIDGE * columns) / (2 * rows.length);
  const standard = scatter.map((value, i) => {
    const [c, d] = [Math.floor(i / columns), i % columns];
    return value / (spreads[c]! * spreads[d]!) + (c === d ? ridge : 0);
  });
  const apart = spreads.map((spread, c) => (means[1][c]! - means[0][c]!) / spread);
  const direction = solveCholesky(cholesky(standard, columns), columns, apart).map((value, c) => value / spreads[c]!);
  const middle = direction.reduce((sum, value, c) => sum + (value * (means[0][c]! + means[1][c]!)) / 2, 0);
  return ({ data }, row) => {
    let score = -middle;
    for (let c = 0; c < columns; c++) score += direction[c]! * data[row * columns + c]!;
    return 1 / (1 + Math.exp(-score));
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
