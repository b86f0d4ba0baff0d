/**
 * Everything that the report shows, as plain data: JSON, unknown values null, never absent. Shares, scores and
 * accuracies are from 0 to 1. Text may be anything, since names come from outside: the page escapes it.
 */
import type { DriftReport, MethodReport, WindowReport } from '../drift/index.js';
import type { ClusterExemplars, DrillTable, Exemplar, Explained, UnlikeImages } from './section-data.js';

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

type Window = Omit<WindowReport, 'methods'>;
type Needed = 'name' | 'from' | 'to' | 'rows' | 'skipped' | 'accuracy' | 'accuracy_test' | 'verdict' | 'alarmed_by';

export type ReportedWindow = Pick<Window, Needed | 'causes' | 'segments' | 'images'> &
  Partial<Pick<Window, 'notes' | 'no_estimate' | 'accuracy_interval'>> & { methods: MethodReports };

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
  /** Why they are fewer: columns of groups, `near-duplicates`, `row order` or `repeats`; null if they are not. */
  effectiveBy: string | null;
  /** Rows needed to detect a change of the stated size; null if not known. */
  rowsNeeded: number | null;
  /** Rows with a label and a prediction; null if not known. */
  labelled: number | null;
  /** Estimate without labels; only the upper end if the window drifted; null without scores or baseline labels. */
  estimatedAccuracy: { value: number; low: number | null; high: number } | null;
  /** Share of the rows in each cluster, baseline and window, in the order of the profile's centroids. */
  clusters: { baseline: readonly number[]; window: readonly number[] };
  /** What is known of each class; null without scores. */
  predicted: readonly PredictedClass[] | null;
  /** Image statistics that differ, the most changed first. */
  statistics: readonly StatisticChange[];
  /** Images of the clusters that grew or shrank, the most changed first. */
  exemplars: readonly ClusterExemplars[];
  /** Images most unlike the baseline; null if the window did not drift, or too many others drifted more. */
  unlike: UnlikeImages | null;
  /** What `explain` found; null if it was not run on this window. */
  explained: Explained | null;
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
   * `data:image/jpeg;base64,…`, png or webp. 3,000 photographs of 32 × 32 are 2 to 3 MB as JPEG of quality 80, more
   * than twice that as PNG. Sides of up to 16,384 pixels: browsers draw no larger picture.
   */
  uri: string;
  /** Pixels of one thumbnail. Thumbnail i is in column `i % columns`, row `floor(i / columns)`. */
  width: number;
  height: number;
  columns: number;
  rows: number;
}
