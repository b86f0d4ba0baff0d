export { type AccuracyReport, labelledAccuracy, type ShownShare } from './accuracy.js';
export { LabelError } from './label-error.js';
export {
  type LabelPlanReport,
  labelStudioTasks,
  type MadeLabelPlan,
  makeLabelPlan,
  type PlannedImage,
} from './label-plan.js';
