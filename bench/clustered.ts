/** A share that is counted in clusters of trials, such as the windows of one baseline. */
export interface ClusteredShare {
  share: number;
  /** The share's, from how the clusters differ: trials of one cluster may have their luck in common. */
  standardError: number;
}

/**
 * @param counts `[clusters]`: trials of each cluster that count
 * @param each trials of each cluster
 */
export function clusteredShare(counts: readonly number[], each: number): ClusteredShare {
  const clusters = counts.length;
  const share = counts.reduce((sum, count) => sum + count, 0) / (clusters * each);
  const spread = counts.reduce((sum, count) => sum + (count / each - share) ** 2, 0);
  return { share, standardError: Math.sqrt(spread / (clusters * (clusters - 1))) };
}
