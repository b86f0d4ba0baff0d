/**
 * How much wider a band must be because all windows are compared with one and the same baseline.
 *
 * Over many baselines, a band of 95 % calls one quiet window in twenty drift. But the shares of one baseline are off by
 * chance, all of its windows share that luck, and a baseline with bad luck alarms far more often. So the band must also
 * hold 90 % of the quiet windows of 90 % of the baselines.
 *
 * Without drift, n times the squared distance of the shares, weighted as in chi-square, is about (1 + r) χ²(df) over
 * all baselines, where r = n / m for n window rows and m baseline rows. Given one baseline, whose own squared
 * distance from the truth is about (r / n) χ²(df), it is noncentral chi-square with that noncentrality. All distances
 * here are, when small, multiples of it (for divergences of Csiszár's class: F. Topsøe, IEEE Trans. Inf. Theory 46,
 * 2000). So a band for squared distances has to be wider by
 *
 *   max(1, q90 of χ²(df, r · q90 of χ²(df)) / ((1 + r) · q95 of χ²(df))).
 *
 * It is 1 for small and for very large windows, and at most 1.2 between.
 */

import type { Random } from '../../base/index.js';
import { cholesky } from '../linear/decompositions.js';
import { chiSquareQuantile, noncentralChiSquareQuantile } from './chi-square.js';

/** Share of the baselines that the promise holds for, and share of their quiet windows inside the band. */
const OF_BASELINES = 0.9;
const OF_WINDOWS = 0.9;
const OVER_ALL = 0.95;

/**
 * Factor for a distance, 1 or more: the root of that for its square.
 * @param df degrees of freedom: bins - 1; 1 for a single number
 * @param ratio window rows / baseline rows, both effective
 */
export function luckFactor(df: number, ratio: number): number {
  if (df < 1) return 1;
  const luck = ratio * chiSquareQuantile(OF_BASELINES, df);
  const needed = noncentralChiSquareQuantile(OF_WINDOWS, df, luck);
  return Math.sqrt(Math.max(1, needed / ((1 + ratio) * chiSquareQuantile(OVER_ALL, df))));
}

// The largest of correlated standard normal numbers, without signs: the null of a test that takes the column that moved
// most. Columns that move together count less than as many that do not (K. N. Conneely and M. Boehnke, "So many
// correlated tests, so little time!", Am. J. Hum. Genet. 81, 2007).

/** Draws the largest of them at each call. @param correlations `[size, size]`, positive definite */
export function largestOfNormals(correlations: Float64Array, size: number, random: Random): () => number {
  const factor = cholesky(correlations, size);
  const drawn = new Float64Array(size);
  return () => {
    let largest = 0;
    for (let i = 0; i < size; i++) {
      drawn[i] = random.normal();
      let value = 0;
      for (let k = 0; k <= i; k++) value += factor[i * size + k]! * drawn[k]!;
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  };
}
