/**
 * Everything that the report shows, as plain data. The pipeline fills it; the page only draws it.
 *
 * JSON-able, and what is not known is null, never absent. Shares, scores and accuracies are from 0 to 1. Text may be
 * anything at all (class and file names come from outside): the page escapes it.
 */
import type { DriftReport, MethodReport, WindowReport } from '../drift/index.js';

export interface ReportData {
  /** ISO 8601, UTC; when the report was made. */
  made: string;
  /** Share of false alarms that verdicts allow; null where nothing was calibrated. */
  alpha: number | null;
  /** What `drift --json` prints. */
  drift: ReportedDrift;
  /** The methods that were run, in the order to be shown; the first is the one on the first screen. */
  methods: readonly ReportMethod[];
  /** Per window of `drift.windows`, in its order. */
  windows: readonly ReportWindow[];
  /** Points of the 3-D view, baseline first; null where no images or rows were at hand. */
  projection: ReportProjection | null;
  /** The table of `drill`; null where it was not run. */
  drill: DrillTable | null;
  /** What was run, for whoever wants to do it again: label → value (weights hash, versions, seeds, commands). */
  provenance: readonly { label: string; value: string }[];
  /** All thumbnails side by side in one picture; null where no images were at hand. */
  thumbnails: ThumbnailSheet | null;
}

/** `DriftReport` with any methods in it. */
export interface ReportedDrift {
  baseline: DriftReport['baseline'];
  windows: readonly ReportedWindow[];
}

export type ReportedWindow = Pick<
  WindowReport,
  'name' | 'from' | 'to' | 'rows' | 'skipped' | 'accuracy' | 'verdict' | 'causes'
> & { methods: MethodReports };

/** By name; what a method could not compute is null or absent. */
export type MethodReports = Readonly<Record<string, ReportedMethod | null>>;

export type ReportedMethod = Pick<MethodReport, 'value' | 'low' | 'high' | 'band' | 'p' | 'p_adjusted' | 'verdict'>;

export interface ReportMethod {
  /** Key in `WindowReport.methods`. */
  name: string;
  /** For people: `Jensen-Shannon distance`. */
  title: string;
  /** Stands behind the value: `bits`; empty where there is none. */
  unit: string;
  /** One sentence: what the number measures, what no difference is, what the most is; null for none. */
  explanation: string | null;
}

export interface ReportWindow {
  /** Rows that count once repeated ones are told apart; null where not known. */
  effectiveRows: number | null;
  /** Rows from which a change of the stated size would be seen; null where not known. */
  rowsNeeded: number | null;
  /** Accuracy without labels, with its interval; null without scores. */
  estimatedAccuracy: { value: number; low: number | null; high: number | null } | null;
  /** Share of the rows in each cluster, baseline and window, in the order of the profile's centroids. */
  clusters: { baseline: readonly number[]; window: readonly number[] };
  /** Per class: share of predictions, baseline and window; null without scores. */
  predicted: readonly { name: string; baseline: number; window: number }[] | null;
  /** Statistics of the images that differ, most first. */
  statistics: readonly StatisticChange[];
  /** Images of the clusters that grew and shrank, most first. */
  exemplars: readonly ClusterExemplars[];
}

export interface StatisticChange {
  /** `mean brightness` */
  name: string;
  /** Means. */
  baseline: number;
  window: number;
  /** Window mean minus baseline mean, in standard deviations of the baseline's rows. */
  effect: number;
}

export interface ClusterExemplars {
  /** From 0, in the order of the profile's centroids; shown from 1. */
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
  /** Where it is on the thumbnail sheet; null where there is no image. */
  thumbnail: number | null;
  /** `image_url` of the event, or its row number. */
  label: string;
  predicted: string | null;
  target: string | null;
}

export interface ReportProjection {
  /** `[points, 3]`, row-major: the first three principal components. */
  pca: readonly number[];
  /** `[points, 3]`: UMAP; null where it was not computed. */
  umap: readonly number[] | null;
  points: readonly ProjectedPoint[];
  /** Names of the sets that points belong to: the baseline first, then windows, named as in `drift.windows`. */
  sets: readonly string[];
}

export interface ProjectedPoint extends Exemplar {
  /** Index into `sets`. */
  set: number;
  cluster: number;
}

export interface ThumbnailSheet {
  /**
   * `data:image/jpeg;base64,…`, png or webp. Mind the size: 3,000 photographs of 32 × 32 are 2 to 3 MB as JPEG of
   * quality 80, more than twice as much as PNG. No side over 16,384 pixels: browsers draw no larger picture.
   */
  uri: string;
  /** Pixels of one thumbnail; thumbnail i stands in column `i % columns`, row `floor(i / columns)`. */
  width: number;
  height: number;
  columns: number;
  rows: number;
}

/**
 * The result of a drill: which corruption is noticed, from which level on, in windows of which size.
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
  /** A window alarms when a method's p-value is at most this. */
  alpha: number;
  /** Of the corruptions and of the windows. */
  seed: number;
  /** Levels of the corruptions, ascending; what "per level" below refers to. */
  levels: number[];
  /** Rows of a window, ascending. */
  windowSizes: number[];
  /** Per window size: windows drawn; 1 where one takes all images, 0 where there are too few images. */
  windows: number[];
  /** The control: the images as they are. Alarms should be about alpha if they are like the baseline. */
  clean: { accuracy: number | null; alarms: { method: string; shares: (number | null)[] }[] };
  /** One row for each corruption. */
  rows: DrillRow[];
}

export interface DrillRow {
  corruption: string;
  /** What happened, for a person: `out of focus`. */
  summary: string;
  /** Per level, in `unit`. */
  strengths: number[];
  unit: string;
  /** Per level: accuracy, null without labels. */
  accuracy: (number | null)[];
  /** Per method: for each level, for each window size, the share of windows that alarm; null where none was judged. */
  alarms: { method: string; shares: (number | null)[][] }[];
  /** Per method: for each window size, the lowest level that is seen (80 % of windows), null for none. */
  seenFrom: readonly { method: string; levels: readonly (number | null)[] }[];
}
