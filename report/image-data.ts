/** What the report shows of single images: thumbnails with what is known of them. */

export interface Exemplar {
  /** Place on the thumbnail sheet; null without an image. */
  thumbnail: number | null;
  /** `image_url` of the event, or its row number. */
  label: string;
  predicted: string | null;
  target: string | null;
  /** What the other columns of its table say of it; none if left out. */
  facts?: readonly { name: string; value: string }[] | undefined;
}

export interface ClusterExemplars {
  /** Number of the cluster from 0, in the order of the profile's centroids; shown from 1. */
  cluster: number;
  /** Window share minus baseline share. */
  change: number;
  /** Where the images come from: the baseline's only where the cluster shrank and the baseline's events are at hand. */
  source: 'baseline' | 'window';
  /** The nearest to the centroid, and the farthest. */
  typical: readonly Exemplar[];
  unusual: readonly Exemplar[];
}

export interface UnlikeImages {
  /** Rows that were looked at: all, or a random sample. */
  of: number;
  /** The most unlike first. */
  rows: readonly UnlikeRow[];
}

/** Thumbnails are on the sheet `pictures`. */
export interface UnlikeRow {
  image: Exemplar;
  /** Rows of the window with the same embedding, itself counted. */
  times: number;
  /** The nearest image of the baseline; null where the baseline's events are not at hand. */
  nearest: Exemplar | null;
  /** Its row in the baseline's events, from 0. */
  nearestRow: number;
  /** Distance to the fifth nearest row of the baseline, in principal components. */
  distance: number;
  /** Share of the baseline's rows that are at least as far from the others. */
  share: number;
  cluster: number | null;
  /** The largest score; null without scores. */
  confidence: number | null;
  /** Path of the event table, and the row in it, from 0. */
  events: string;
  row: number;
  eventId: string | null;
  /** Path or URL of the image's file; null where it has none of its own that is known. */
  location: string | null;
}

/** Thumbnails are on the sheet `remade`. */
export interface RemadePair {
  /** An image of the baseline, and the same one with the causes. */
  clean: Exemplar;
  remade: Exemplar;
  /** The image of the window that the network finds most like the latter. */
  window: Exemplar;
}
