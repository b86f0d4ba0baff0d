import { anything, list, type OptionsOf, oneOf, text, toggle } from '../../base/index.js';
import type { ColumnChoice } from '../../data/index.js';
import { driftFields, profileFields } from '../../drift/options/index.js';
import type { DrillTable } from '../../report/index.js';
import { cacheField } from './images.js';

/** What is read of the windows, and how they are cut. */
export const windowFields = {
  /** Which columns are embeddings and scores, where the tables do not say. */
  columns: anything<ColumnChoice>(),
  /** What rows hang together by, as in `FitOptions`; default: as in the profile. */
  group: text()
    .listed()
    .computes('Rows that hang together, such as frames of a clip: columns a,b, or 1h or 1d of the timestamps, or none')
    .shows('column group of ten groups or more; else near-duplicates, or the order of the rows'),
  /** Length of a window in time (UTC), by the `timestamp` column; default: a window for each table. */
  window: oneOf('1h', '1d', '1w').computes(
    'A window an hour, day or week of the timestamps (UTC) instead of a window a file',
  ),
  /** Only rows from one moment to before another, ms since 1970, all as one window; default all rows. */
  span: anything<readonly [from: number, to: number]>(),
  /** With `span`: only rows that have this value of a column of `by`. */
  segment: anything<{ readonly name: string; readonly value: string }>(),
  /** Columns whose values are segments with verdicts of their own; the profile must have been made with them. */
  by: list().computes(
    'A verdict for each value of these columns, too: camera,site,class. The profile needs the same --by',
  ),
  /** Exemplars of each kind to keep for each cluster; default none. */
  exemplars: anything<number>(),
  /** `[clusters][dimensions]`: other centroids, by which rows are counted too; default none. */
  otherCentroids: anything<readonly (readonly number[])[]>(),
  /** Rows to rank by how unlike the baseline they are; default none. */
  ranked: anything<number>(),
  /** Whether windows of the same file name are named by their paths (default), or else numbered. */
  paths: anything<boolean>(),
  /** Ends the call between two batches of rows; it then throws the signal's reason. */
  signal: anything<AbortSignal>(),
};

export const measureFields = { ...driftFields, ...windowFields };

/**
 * How windows are cut, by which methods they are compared, and when a change counts.
 *
 * @example
 * ```ts
 * import type { MeasureOptions } from 'image-drift';
 *
 * const options: MeasureOptions = {
 *   methods: ['js', 'mmd'],
 *   window: '1d', // one window for each day of the timestamp column
 *   alpha: 0.01,
 *   threshold: { js: 0.05 },
 * };
 * ```
 */
export interface MeasureOptions extends OptionsOf<typeof driftFields>, OptionsOf<typeof windowFields> {}

const tableFields = {
  /** Which columns are embeddings and scores, where the table does not say. */
  columns: windowFields.columns,
  /**
   * What rows hang together by, such as frames of a clip: names of columns, `camera,clip`, or `1h` or `1d` of the
   * timestamps. Default: the column `group`, if there is one.
   */
  group: windowFields.group,
  /** Columns whose values are segments, such as `camera`; `class` is the predicted one. For `MeasureOptions.by`. */
  by: list().computes('Columns whose values are segments, for drift --by: camera,site; class is the predicted one'),
  /** Ends the call between two batches of rows; it then throws the signal's reason. */
  signal: windowFields.signal,
};

export const fitFields = { ...profileFields, ...tableFields };

/**
 * How the profile of a table is made, and which of its columns are what.
 *
 * @example
 * ```ts
 * import type { FitOptions } from 'image-drift/pipeline';
 *
 * const options: FitOptions = { clusters: 8, columns: { embeddingColumn: 'e*', scores: ['prob_*'] } };
 * ```
 */
export interface FitOptions extends OptionsOf<typeof profileFields>, OptionsOf<typeof tableFields> {}

export const reportFields = {
  /** Event table of the baseline, for pictures of its images. If left out, its points have no pictures. */
  baselineEvents: text().flag("The baseline's events, so that the report can show its images too, and for --centroids"),
  /** Which columns are embeddings and scores, where the tables do not say; as given to `measureWindows`. */
  columns: anything<ColumnChoice>(),
  /** Result of `runDrill`, shown as a table; default none. */
  drill: anything<DrillTable | null>(),
  /** Computes UMAP for the 3-D view, which takes some seconds; default true. */
  umap: toggle().default(true).computes('UMAP in the report; --no-umap saves some seconds'),
  /** Shows pictures of images; default true. Without them the report has no pixel of any image. */
  images: toggle().default(true).computes('Pictures in the report; --no-images for not a pixel of any'),
  /** Asks servers for images at URLs in tables; default false, since a table from elsewhere may name any. */
  fetchImages: toggle()
    .default(false)
    .flag('Also pictures of images at URLs in the report: asks the servers that the events name'),
  /** Folder in which files of URLs are kept. Default: nothing is kept. */
  cache: cacheField.cache,
  /** Shows where files lie; default true. Without it, files and images are shown by their last name alone. */
  paths: anything<boolean>(),
  /** Further lines under "what was run". */
  provenance: anything<readonly { label: string; value: string }[]>(),
};
