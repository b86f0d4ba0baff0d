import {
  type ClusterExtremes,
  countNearest,
  type ExemplarRow,
  type LabelDistance,
  ofImages,
  type Profile,
  project,
  type WindowReport,
  type WindowSummary,
} from '../../drift/index.js';
import type { ClusterExemplars, PredictedClass, StatisticChange } from '../../report/index.js';
import type { PictureBook } from './rows.js';
import type { WantedRow } from './thumbnails.js';

/** Number of clusters whose images are shown, the most changed first. */
const SHOWN_CLUSTERS = 4;
/** Smallest change of share that gets a row of pictures. */
const SMALLEST_CHANGE = 0.01;

/** A row, with its place among all tables of the report. */
interface PlacedRow {
  place: WantedRow;
  row: ExemplarRow;
}

export interface ChangedCluster {
  cluster: number;
  change: number;
  source: ClusterExemplars['source'];
  typical: PlacedRow[];
  unusual: PlacedRow[];
  /** Of the window, whatever the source. */
  plain: ClusterExtremes['plain'] | undefined;
}

export interface Extremes {
  clusters: readonly ClusterExtremes[];
  place(row: ExemplarRow): WantedRow;
}

/**
 * Chooses the rows that show each change: the window's if the cluster grew, the baseline's if it shrank.
 * @param shares of the rows, by cluster @param baseline null without its table: then the window's rows are used
 */
export function changedClusters(
  shares: { baseline: readonly number[]; window: readonly number[] },
  window: Extremes,
  baseline: Extremes | null,
): ChangedCluster[] {
  return shares.window
    .map((share, cluster) => ({ cluster, change: share - (shares.baseline[cluster] as number) }))
    .filter(({ change }) => Math.abs(change) >= SMALLEST_CHANGE)
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change) || a.cluster - b.cluster)
    .slice(0, SHOWN_CLUSTERS)
    .map(({ cluster, change }) => {
      const [source, extremes] =
        change < 0 && baseline ? (['baseline', baseline] as const) : (['window', window] as const);
      const plain = window.clusters[cluster]?.plain;
      const { nearest, farthest } = extremes.clusters[cluster] as ClusterExtremes;
      const placed = (rows: readonly ExemplarRow[]) => rows.map((row) => ({ place: extremes.place(row), row }));
      return { cluster, change, source, typical: placed(nearest), unusual: placed(farthest), plain };
    });
}

export function shownCluster({ typical, unusual, ...cluster }: ChangedCluster, book: PictureBook): ClusterExemplars {
  const shown = (rows: readonly PlacedRow[]) => rows.map(({ place, row }) => book.exemplar(place, row));
  return { ...cluster, typical: shown(typical), unusual: shown(unusual) };
}

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
  const named = ranked.map(([index, count]) => ({ name: classes[index] ?? `class ${index}`, share: count / rows }));
  const [first, second] = named;
  if (first!.share >= MOSTLY || second === undefined) return `mostly ${first!.name}`;
  const isAll = first!.share + second.share >= TOGETHER;
  return isAll ? `${first!.name} and ${second.name}` : `${first!.name}, ${second.name} and others`;
}

export function predictedClasses(
  classes: readonly string[],
  { baseline, window }: NonNullable<WindowReport['predicted']>,
  { methods, segments }: Pick<WindowReport, 'methods' | 'segments'>,
): PredictedClass[] {
  const compared = (methods['frechet']?.details?.['labels'] ?? []) as readonly LabelDistance[];
  const distances = new Map(compared.map(({ label, value, p_adjusted: p }) => [label, { value, p }]));
  const ofClasses = (segments ?? []).filter(({ by }) => by === 'class');
  const accuracies = new Map(ofClasses.map(({ value, accuracy }) => [value, accuracy]));
  return classes.map((name, i) => {
    const [frechet, accuracy] = [distances.get(name) ?? null, accuracies.get(name) ?? null];
    return { name, baseline: baseline[i]!, window: window[i]!, frechet, accuracy };
  });
}

/** How much each statistic of the images has changed, for the report. */
const CHANNELS: readonly string[] = ['red', 'green', 'blue'];

export function statisticChanges(
  { reference }: Pick<Profile, 'reference'>,
  summary: Pick<WindowSummary, 'reference'>,
): StatisticChange[] {
  const isGray = [reference?.statistics, summary.reference?.statistics].every((of) => of?.['saturation']?.mean === 0);
  const changes: StatisticChange[] = [];
  for (const [name, before] of Object.entries(ofImages(reference?.statistics ?? {}))) {
    const after = summary.reference?.statistics[name];
    // In gray images every channel is the brightness.
    if (isGray && CHANNELS.includes(name)) continue;
    // Relative statistics only help to tell causes apart.
    if (name.startsWith('relative_') || name.endsWith('_share')) continue;
    if (before.mean === null || !before.variance || !after || after.mean === null) continue;
    const effect = (after.mean - before.mean) / Math.sqrt(before.variance);
    changes.push({ name, baseline: before.mean, window: after.mean, effect });
  }
  return changes.sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
}
