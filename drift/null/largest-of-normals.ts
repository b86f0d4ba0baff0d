/**
 * The largest of correlated standard normal numbers, without their signs: the null of a test that looks at many columns and
 * takes the one that moved most. Columns that move together count less than as many that do not (K. N. Conneely and M.
 * Boehnke, "So many correlated tests, so little time!", Am. J. Hum. Genet. 81, 2007).
 */
import type { Random } from '../../base/index.js';
import { cholesky } from '../linear/cholesky.js';

/**
 * Draws the largest of them, again at each call.
 *
 * @param correlations `[size, size]`, positive definite
 */
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
