/** The options of the tasks, with their commands' flags. Help texts load it, so it loads nothing else of this room. */
export {
  DRILL_LIMIT,
  DRILL_REPEATS,
  DRILL_WINDOW_SIZES,
  type DrillOptions,
  drillFields,
  EXPLAIN_CANDIDATES,
  EXPLAIN_LOOKS,
  EXPLAIN_ROWS,
  type ExplainOptions,
  type ExplainStep,
  explainFields,
  searchFields,
} from './drill.js';
export { cacheField, type EmbedImagesOptions, embedFields, type ImageOptions, imageFields } from './images.js';
export {
  type AccuracyOptions,
  accuracyFields,
  type CompareOptions,
  compareFields,
  type LabelPlanOptions,
  labelPlanFields,
} from './labels.js';
export { type FitOptions, fitFields, type MeasureOptions, measureFields, reportFields } from './measure.js';
export {
  FALSE_ALARM_EVERY,
  initFields,
  type MonitorInitOptions,
  type MonitorUpdateOptions,
  type PromiseOptions,
  promiseFields,
  spanText,
  tellFields,
  updateFields,
} from './monitor.js';
export {
  callFields,
  type OpenEmbedderOptions,
  openEmbedderFields,
  type RecorderOptions,
  recorderFields,
} from './service.js';
