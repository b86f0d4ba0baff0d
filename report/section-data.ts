export interface Exemplar {
  /** Place on the thumbnail sheet; null without an image. */
  thumbnail: number | null;
  /** `image_url` of the event, or its row number. */
  label: string;
  predicted: string | null;
  target: string | null;
  /** What the other columns of its table say of it; none if left out. */
  facts?: readonly { name: string; value: string }[] | undefined;
  /** What it shows where that is next to nothing: `nearly black`, `one colour: grey 130`. */
  plain?: string | undefined;
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
  /** Images of the cluster in the window whose brightness and contrast are known, and those that are plain. */
  plain?: { images: number; black: number; colour: number } | undefined;
}

export interface UnlikeImages {
  /** Rows that were looked at: all, or a random sample. */
  of: number;
  /** What was chosen by, as `the lowest brightness (darker)`, that one first; null or absent: the most unlike first. */
  by?: string | null | undefined;
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

/** A cause made again on baseline images until they could not be told from the window, or what came nearest. */
export interface Explained {
  /** `explained`: a cause suffices; `partly`: the best one halves what can be told; `unchanged`: by the drift test. */
  verdict: 'unchanged' | 'explained' | 'partly' | 'unexplained';
  /** One, or several that come together; empty where nothing is named. */
  causes: readonly RemadeCause[];
  /** How well the baseline with the causes, or as it is, can be told from the window: 0.5 where it cannot. */
  auc: number;
  cleanAuc: number;
  /** Read off the baseline's labels; null where nothing suffices. */
  accuracy: { value: number; low: number; high: number } | null;
  /** The labelled images of the baseline that were used, and their accuracy as they are. */
  baseline: { rows: number; accuracy: number };
  /** By class, with the causes; null where nothing suffices. */
  classes: readonly { name: string; rows: number; accuracy: number }[] | null;
  /** All that was tried, in that order. */
  tried: readonly TriedCauses[];
  /** What a person has to know to judge this. */
  warnings: readonly string[];
  /** Images with the causes, beside images of the window; none without pictures. */
  pairs: readonly RemadePair[];
}

export interface RemadeCause {
  /** What happened: `darker`. */
  name: string;
  /** How it was made again: `brightness (factor), factor 0.389`. */
  making: string;
  /** Share of the images that have it. */
  share: number;
  /** Whether it changes images; other shares of the classes do not. */
  isOfImages: boolean;
}

export interface TriedCauses {
  causes: readonly RemadeCause[];
  auc: number;
  suffices: boolean;
  accuracy: { value: number; low: number; high: number };
}

/**
 * The result of a drill: which corruption is detected, from which level on, in windows of which size.
 *
 * @example
 * ```ts
 * import type { DrillTable } from 'image-drift';
 *
 * function neverSeen({ rows }: DrillTable): string[] {
 *   const isSeen = (level: number | null) => level !== null;
 *   const unseen = rows.filter(({ seenFrom }) => !seenFrom.some(({ levels }) => levels.some(isSeen)));
 *   return unseen.map(({ corruption }) => corruption);
 * }
 * ```
 */
export interface DrillTable {
  /** The sha256 of the baseline's profile; null where not known. */
  profileSha256: string | null;
  /** The sha256 of the network's weights; null where not known. */
  weightsSha256: string | null;
  /** Images that were corrupted and that windows were drawn from. */
  images: number;
  /** A window raises an alarm if a method's p-value is at most this. */
  alpha: number;
  /** Seed of the corruptions and the windows. */
  seed: number;
  /** Levels of the corruptions, ascending. Lists "by level" below follow this order. */
  levels: number[];
  /** Window sizes in rows, ascending. */
  windowSizes: number[];
  /** Windows drawn of each size; 1 if a window takes all images, 0 if there are too few images. */
  windows: number[];
  /** The control: the unchanged images. If they are like the baseline, the share of alarms is about alpha. */
  clean: { accuracy: number | null; alarms: { method: string; shares: (number | null)[] }[] };
  /** One row for each corruption. */
  rows: DrillRow[];
}

export interface DrillRow {
  corruption: string;
  /** What happened, for people: `out of focus`. */
  summary: string;
  /** By level, in `unit`. */
  strengths: number[];
  unit: string;
  /** By level; null without labels. */
  accuracy: (number | null)[];
  /** For each method, level and window size: the share of windows with an alarm; null if none was judged. */
  alarms: { method: string; shares: (number | null)[][] }[];
  /** For each method and window size: the lowest level that is detected (80 % of windows); null for none. */
  seenFrom: readonly { method: string; levels: readonly (number | null)[] }[];
}
