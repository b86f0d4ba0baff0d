/**
 * Everything that the report shows, as plain data. The pipeline fills it; the page only draws it.
 *
 * JSON-able, and what is not known is null, never absent. Shares and scores are from 0 to 1.
 */
import type { DriftReport } from '../drift/index.js';

export interface ReportData {
  /** ISO 8601, UTC; when the report was made. */
  made: string;
  drift: DriftReport;
  /** Per window of `drift.windows`, in its order. */
  windows: ReportWindow[];
  /** Points of the 3-D view, baseline first; null where no images or rows were at hand. */
  projection: ReportProjection | null;
  /** The table of `drill`; null where it was not run. */
  drill: DrillTable | null;
  /** What was run, for whoever wants to do it again: label → value (weights hash, versions, seeds, commands). */
  provenance: readonly { label: string; value: string }[];
  /** All thumbnails side by side in one picture; null where no images were at hand. */
  thumbnails: ThumbnailSheet | null;
}

export interface ReportWindow {
  /** Share of the rows in each cluster, baseline and window, in the order of the profile's centroids. */
  clusters: { baseline: number[]; window: number[] };
  /** Per class: share of predictions, baseline and window; null without scores. */
  predicted: { name: string; baseline: number; window: number }[] | null;
  /** Statistics of the images that differ, most first. */
  statistics: { name: string; baseline: number; window: number; effect: number }[];
  /** Images of the clusters that grew and shrank, most first. */
  exemplars: ClusterExemplars[];
}

export interface ClusterExemplars {
  cluster: number;
  /** Window share minus baseline share. */
  change: number;
  /** The nearest to the centroid, and the farthest; from the window where it grew, from the baseline where it shrank. */
  typical: Exemplar[];
  unusual: Exemplar[];
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
  pca: number[];
  /** `[points, 3]`: UMAP; null where it was not computed. */
  umap: number[] | null;
  points: ProjectedPoint[];
  /** Names of the sets that points belong to: the baseline first, then windows. */
  sets: string[];
}

export interface ProjectedPoint extends Exemplar {
  /** Index into `sets`. */
  set: number;
  cluster: number;
}

export interface ThumbnailSheet {
  /** `data:image/png;base64,…` */
  uri: string;
  /** Pixels of one thumbnail; thumbnail i stands in column `i % columns`, row `floor(i / columns)`. */
  width: number;
  height: number;
  columns: number;
}

/** Which corruption would be noticed, from which level on, in windows of which size. */
export interface DrillTable {
  /** Images that were corrupted and that windows were drawn from. */
  images: number;
  /** A window alarms when a method's p-value is at most this. */
  alpha: number;
  /** Of the corruptions and of the windows. */
  seed: number;
  /** Levels of the corruptions, ascending; what "per level" below refers to. */
  levels: number[];
  windowSizes: number[];
  /** Per window size: windows drawn; 1 where one takes all images, 0 where there are too few images. */
  windows: number[];
  /** The control: the images as they are. Alarms should be about alpha if they are like the baseline. */
  clean: { accuracy: number | null; alarms: { method: string; shares: (number | null)[] }[] };
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
  seenFrom: { method: string; levels: (number | null)[] }[];
}
