/** Least squares with weights, for centred values. */
import { cholesky, solveCholesky } from '../linear/cholesky.js';

/** Ridge for predictors of variance 1: enough that one which says the same as another does no harm. */
const RIDGE = 1e-6;

export interface Regression {
  /** `[predictors]`. */
  slopes: Float64Array;
  /** `[predictors]`: their weighted means. */
  means: Float64Array;
  /** Weighted mean of the values. */
  mean: number;
  /** Variance of the values, and what the predictors leave of it. */
  variance: number;
  left: number;
}

/**
 * @param predictors `[rows, columns]`
 * @param values `[rows]`
 * @param weights `[rows]`, adding up to 1
 */
export function regress(
  predictors: Float64Array,
  columns: number,
  values: Float64Array,
  weights: Float64Array,
): Regression {
  const rows = values.length;
  const means = new Float64Array(columns);
  let mean = 0;
  for (let row = 0; row < rows; row++) {
    mean += weights[row]! * values[row]!;
    for (let c = 0; c < columns; c++) means[c]! += weights[row]! * predictors[row * columns + c]!;
  }
  const products = new Float64Array(columns * columns);
  const along = new Float64Array(columns);
  let variance = 0;
  for (let row = 0; row < rows; row++) {
    const [weight, value] = [weights[row]!, values[row]! - mean];
    variance += weight * value ** 2;
    for (let c = 0; c < columns; c++) {
      const moved = weight * (predictors[row * columns + c]! - means[c]!);
      along[c]! += moved * value;
      for (let d = 0; d <= c; d++) products[c * columns + d]! += moved * (predictors[row * columns + d]! - means[d]!);
    }
  }
  const spreads = means.map((_, c) => Math.sqrt(products[c * columns + c]!) || 1);
  const standard = products.map((value, i) => {
    const [c, d] = [Math.floor(i / columns), i % columns];
    return value / (spreads[c]! * spreads[d]!) + (c === d ? RIDGE : 0);
  });
  const right = along.map((value, c) => value / spreads[c]!);
  const slopes = solveCholesky(cholesky(standard, columns), columns, right.slice());
  const explained = slopes.reduce((sum, slope, c) => sum + slope * right[c]!, 0);
  return { slopes: slopes.map((slope, c) => slope / spreads[c]!), means, mean, variance, left: variance - explained };
}
