import { anything, list, type OptionsOf, text, whole } from '../../base/index.js';
import type { ColumnChoice } from '../../data/index.js';
import { windowFields } from './measure.js';

const eventFields = {
  /** Which columns are embeddings and scores, where the tables do not say. */
  columns: anything<ColumnChoice>(),
  /** What rows hang together by, as in `MeasureOptions`. */
  group: windowFields.group,
};

const labelFields = {
  /**
   * Labels by `event_id`, or by `image`: a csv or parquet file with the column `label`, or a column of 0 and 1 for each
   * label where several may hold.
   */
  labels: text().flag('Csv with event_id or image, and label, or a column of 0 and 1 a label of several'),
  /** The plan that chose them. Default: they are a random draw. */
  labelPlan: text().flag('What label-plan wrote, if it chose the images; without it they are a random draw'),
  /** Columns whose values are segments. */
  by: list().computes('An answer for each value of these columns, too: camera,site,class'),
};

export const accuracyFields = {
  ...eventFields,
  ...labelFields,
  labels: labelFields.labels.needed(),
  /** Profile of the baseline: with its rates of right predictions, confidence makes the interval narrower. */
  profile: text().flag('Profile made by image-drift baseline, of labelled images: intervals become narrower'),
};

/** What labels there are, and of what. */
export interface AccuracyOptions extends OptionsOf<typeof accuracyFields> {}

export const compareFields = { ...eventFields, ...labelFields };

export interface CompareOptions extends OptionsOf<typeof compareFields> {}

export const labelPlanFields = {
  ...eventFields,
  /** Images to label. */
  budget: whole(1).needed().flag('Images to label'),
  /** Profile of the baseline, whose labels say which confidence is often wrong. */
  profile: text().needed().flag('Profile made by image-drift baseline'),
  by: list().computes('Columns whose values all get labels, small ones more than their share: camera'),
  /** Default 0. */
  seed: whole(0).default(0).computes('Of the draw'),
};

export interface LabelPlanOptions extends OptionsOf<typeof labelPlanFields> {}
