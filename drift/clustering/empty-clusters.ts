/** What happens to a cluster that lost its last row: scikit-learn's rule. */
import type { ClusterSums } from './cluster-sums.js';

/**
 * Each empty cluster takes the row that is farthest from its own centroid, out of the cluster it was in. A cluster is
 * never robbed of its last row.
 *
 * @param sums of the clusters as the labels have them; not changed
 * @param squares `[rows]`: squared distance of each row to its own centroid
 * @returns the sums after it
 */
export function fillEmptyClusters(sums: ClusterSums, labels: Int32Array, squares: Float64Array): ClusterSums {
  const filled = sums.copy();
  const { counts } = filled;
  const farthestFirst = Array.from(labels.keys()).sort((a, b) => squares[b]! - squares[a]! || a - b);
  let next = 0;
  for (let empty = 0; empty < counts.length; empty++) {
    if (counts[empty] !== 0) continue;
    while (counts[labels[farthestFirst[next]!]!]! < 2) next++;
    const taken = farthestFirst[next++]!;
    filled.move(taken, labels[taken]!, empty);
  }
  return filled;
}
