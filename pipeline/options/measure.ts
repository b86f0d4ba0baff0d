import { anything, list, type OptionsOf, oneOf, text } from '../../base/index.js';
import type { ColumnChoice } from '../../data/index.js';
import { driftFields, profileFields } from '../../drift/options/index.js';

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
   * What rows hang together by, such as frames of a clip: names of columns, `camera,clip`, or `1h` or `1d` of the timestamps.
   * Default: the column `group`, if there is one.
   */
  group: windowFields.group,
  /** Columns whose values are segments, such as `camera`; `class` is the predicted one. Needed for `MeasureOptions.by`. */
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
