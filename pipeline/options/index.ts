/**
 * The options of the tasks, with the flags of the commands that run them. It loads no other file of this room, so that
 * a help text needs none.
 */
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
export { type FitOptions, fitFields, type MeasureOptions, measureFields, reportFields } from './measure.js';
