import type { Random } from '../../base/index.js';

/**
 * Draws an index with probability proportional to its weight; never one of weight 0 unless all are 0.
 *
 * @param total sum of the weights
 */
export function drawByWeight(weights: Float64Array, total: number, random: Random): number {
  let left = random.uniform() * total;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    if (left < weight) return i;
    left -= weight;
    last = i;
  }
  return last;
}
