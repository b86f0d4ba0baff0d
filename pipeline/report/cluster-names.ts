/** Names of clusters: the classes that are predicted in them, in the sample of baseline rows that a profile keeps. */
import { countNearest, type Profile, project } from '../../drift/index.js';

/** With fewer rows, a share is chance. */
const LEAST_ROWS = 5;
/** A class with this share names its cluster alone. */
const MOSTLY = 0.6;
/** Two classes name it if they have so much together. */
const TOGETHER = 0.6;

/** `mostly Bag`, `Coat and Shirt`, `Coat, Shirt and others`; null where too little is known. `[clusters]` */
export function clusterNames({
  reference,
  centroids,
  classes,
}: Pick<Profile, 'reference' | 'centroids' | 'classes'>): (string | null)[] {
  const none = new Array<null>(centroids.rows).fill(null);
  if (reference === null || reference.sample.coordinates.rows === 0 || classes.length === 0) return none;
  const { labels } = countNearest(project(reference.projection, centroids), reference.sample.coordinates);
  const counts = none.map(() => new Map<number, number>());
  for (const [row, cluster] of labels.entries()) {
    const predicted = reference.sample.predicted[row]!;
    const ofCluster = counts[cluster];
    if (predicted >= 0 && ofCluster) ofCluster.set(predicted, (ofCluster.get(predicted) ?? 0) + 1);
  }
  return counts.map((ofCluster) => nameOf(ofCluster, classes));
}

function nameOf(counts: ReadonlyMap<number, number>, classes: readonly string[]): string | null {
  const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (rows < LEAST_ROWS) return null;
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const [first, second] = ranked.map(([index, count]) => ({
    name: classes[index] ?? `class ${index}`,
    share: count / rows,
  }));
  if (first!.share >= MOSTLY || second === undefined) return `mostly ${first!.name}`;
  const isAll = first!.share + second.share >= TOGETHER;
  return isAll ? `${first!.name} and ${second.name}` : `${first!.name}, ${second.name} and others`;
}
