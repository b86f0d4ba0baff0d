/** Finds the clusters that grew or shrank most, and rows that show it. */
import type { ClusterExtremes, ExemplarRow } from '../../drift/index.js';
import type { ClusterExemplars } from '../../report/index.js';
import type { PictureBook } from './rows.js';
import type { WantedRow } from './thumbnails.js';

/** Number of clusters whose images are shown, the most changed first. */
const SHOWN_CLUSTERS = 4;
/** Smallest change of share that gets a row of pictures. */
const SMALLEST_CHANGE = 0.01;

/** A row, with its place among all tables of the report. */
export interface PlacedRow {
  place: WantedRow;
  row: ExemplarRow;
}

export interface ChangedCluster {
  cluster: number;
  change: number;
  source: ClusterExemplars['source'];
  typical: PlacedRow[];
  unusual: PlacedRow[];
}

export interface Extremes {
  /** `[clusters]` */
  clusters: readonly ClusterExtremes[];
  /** The place of one of the rows. */
  place(row: ExemplarRow): WantedRow;
}

/**
 * Chooses the rows that show each change: the window's if the cluster grew, the baseline's if it shrank.
 *
 * @param shares share of the rows in each cluster
 * @param baseline null if the baseline's own table is not available; the window's rows are then used
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
      const { nearest, farthest } = extremes.clusters[cluster] as ClusterExtremes;
      const placed = (rows: readonly ExemplarRow[]) => rows.map((row) => ({ place: extremes.place(row), row }));
      return { cluster, change, source, typical: placed(nearest), unusual: placed(farthest) };
    });
}

export function shownCluster(
  { cluster, change, source, typical, unusual }: ChangedCluster,
  book: PictureBook,
): ClusterExemplars {
  const shown = (rows: readonly PlacedRow[]) => rows.map(({ place, row }) => book.exemplar(place, row));
  return { cluster, change, source, typical: shown(typical), unusual: shown(unusual) };
}
