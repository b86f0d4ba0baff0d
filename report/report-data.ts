/**
 * Everything that the report shows, as plain data. The pipeline fills it in; the page only draws it.
 *
 * It can be written as JSON; unknown values are null, never absent. Shares, scores and accuracies are from 0 to 1. Text
 * may be anything, because class and file names come from outside: the page escapes it.
 */
import type { DriftReport, MethodReport, WindowReport } from '../drift/index.js';

export interface ReportData {
  /** When the report was made: ISO 8601, UTC. */
  made: string;
  /** Share of windows without drift that may be called drift; null if nothing was calibrated. */
  alpha: number | null;
  /** Values below which there is no drift, by name of the method. */
  threshold: DriftReport['settings']['threshold'];
  /** How p-values are adjusted for the number of windows; null if they are not. */
  adjust: DriftReport['settings']['adjust'];
  /** What `drift --json` prints. */
  drift: ReportedDrift;
  /** Share of right predictions among the labelled rows of the baseline; null without labels. */
  baselineAccuracy: number | null;
  /** What each cluster holds, in words: `mostly Bag`; null where that is not known. `[clusters]` */
  clusterNames: readonly (string | null)[];
  /** The methods that were run, in display order. The first one is on the first screen. */
  methods: readonly ReportMethod[];
  /** One for each window of `drift.windows`, in its order. */
  windows: readonly ReportWindow[];
  /** Points of the 3-D view, baseline first; null without images or rows. */
  projection: ReportProjection | null;
  /** Windows that `explain` did not look at, and why. */
  notExplained: readonly { name: string; reason: string }[];
  /** The table of `drill`; null if it was not run. */
  drill: DrillTable | null;
  /** What was run, so it can be repeated: label → value (weights hash, versions, seeds, commands). */
  provenance: readonly { label: string; value: string }[];
  /** All thumbnails side by side in one picture; null without images. */
  thumbnails: ThumbnailSheet | null;
  /** The larger pictures of `unlike`; null without images. */
  pictures: ThumbnailSheet | null;
  /** The pictures of `explained`; null without images. */
  remade: ThumbnailSheet | null;
}

/** `DriftReport` with any methods in it. */
export interface ReportedDrift {
  baseline: DriftReport['baseline'];
  windows: readonly ReportedWindow[];
}

export type ReportedWindow = Pick<
  WindowReport,
  | 'name'
  | 'from'
  | 'to'
  | 'rows'
  | 'skipped'
  | 'accuracy'
  | 'accuracy_test'
  | 'verdict'
  | 'alarmed_by'
  | 'causes'
  | 'segments'
  | 'images'
> & { methods: MethodReports };

/** Reports by method name; null or absent if a method could not compute. */
export type MethodReports = Readonly<Record<string, ReportedMethod | null>>;

export type ReportedMethod = Pick<MethodReport, 'value' | 'low' | 'high' | 'band' | 'p' | 'p_adjusted' | 'verdict'>;

export interface ReportMethod {
  /** Key in `WindowReport.methods`. */
  name: string;
  /** Name for people: `Jensen-Shannon distance`. */
  title: string;
  /** Unit shown after the value: `bits`; empty for none. */
  unit: string;
  /** One sentence: what the number measures, and its values for no difference and the largest one; null for none. */
  explanation: string | null;
}

export interface ReportWindow {
  /** Number of rows after repeated ones are accounted for; null if not known. */
  effectiveRows: number | null;
  /** Why they are fewer than all: columns of groups, `near-duplicates`, `row order` or `repeats`; null if they are not. */
  effectiveBy: string | null;
  /** Rows needed to detect a change of the stated size; null if not known. */
  rowsNeeded: number | null;
  /** Rows with a label and a prediction; null if not known. */
  labelled: number | null;
  /** Accuracy estimated without labels: an interval, or only its upper end where the window drifted; null without scores or labels of the baseline. */
  estimatedAccuracy: { value: number; low: number | null; high: number } | null;
  /** Share of the rows in each cluster, baseline and window, in the order of the profile's centroids. */
  clusters: { baseline: readonly number[]; window: readonly number[] };
  /** What is known of each class; null without scores. */
  predicted: readonly PredictedClass[] | null;
  /** Image statistics that differ, the most changed first. */
  statistics: readonly StatisticChange[];
  /** Images of the clusters that grew or shrank, the most changed first. */
  exemplars: readonly ClusterExemplars[];
  /** Images that are most unlike the baseline; null if the window did not drift, and if too many others drifted more. */
  unlike: UnlikeImages | null;
  /** What `explain` found; null if it was not run on this window. */
  explained: Explained | null;
}

/** A cause that was made again on the baseline's images until they could not be told from the window, or what came nearest. */
export interface Explained {
  /** `explained`: a cause suffices; `partly`: the best one halves what can be told; `unchanged`: by the drift test. */
  verdict: 'unchanged' | 'explained' | 'partly' | 'unexplained';
  /** One, or several that come together; empty where nothing is named. */
  causes: readonly RemadeCause[];
  /** How well the baseline with the causes can be told from the window, and the baseline as it is: 0.5 where it cannot. */
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

/** Thumbnails are on the sheet `remade`. */
export interface RemadePair {
  /** An image of the baseline, and the same one with the causes. */
  clean: Exemplar;
  remade: Exemplar;
  /** The image of the window that the network finds most like the latter. */
  window: Exemplar;
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

export interface PredictedClass {
  name: string;
  /** Share of the predictions, baseline and window. */
  baseline: number;
  window: number;
  /** Fréchet distance of the rows predicted so from the baseline's; null without the method, or with too few rows. */
  frechet: { value: number; p: number } | null;
  /** Share of right ones among them, where classes are segments and there are labels; null if not known. */
  accuracy: number | null;
}

export interface StatisticChange {
  /** `mean brightness` */
  name: string;
  /** Mean over the baseline and over the window. */
  baseline: number;
  window: number;
  /** Window mean minus baseline mean, in standard deviations of the baseline's rows. */
  effect: number;
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

export interface ReportProjection {
  /** `[points, 3]`, row-major: the first three principal components. */
  pca: readonly number[];
  /** `[points, 3]`: UMAP; null if it was not computed. */
  umap: readonly number[] | null;
  points: readonly ProjectedPoint[];
  /** Names of the sets that points belong to: the baseline first, then windows, named as in `drift.windows`. */
  sets: readonly string[];
}

export interface ProjectedPoint extends Exemplar {
  /** The largest score; null where not known. */
  confidence: number | null;
  /** What hangs together: the column `group` of the events; null where not known. */
  group: string | null;
  /** Index into `sets`. */
  set: number;
  cluster: number;
}

export interface ThumbnailSheet {
  /**
   * `data:image/jpeg;base64,…`, png or webp. Mind the size: 3,000 photographs of 32 × 32 are 2 to 3 MB as JPEG of
   * quality 80, and more than twice that as PNG. Sides may have up to 16,384 pixels; browsers draw no larger picture.
   */
  uri: string;
  /** Pixels of one thumbnail. Thumbnail i is in column `i % columns`, row `floor(i / columns)`. */
  width: number;
  height: number;
  columns: number;
  rows: number;
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
