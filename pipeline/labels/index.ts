export { type AccuracyReport, labelledAccuracy, type ShownShare } from './accuracy.js';
export {
  compareModels,
  type Flip,
  type FoundComparison,
  type ModelComparison,
  type ModelVerdict,
} from './compare-models.js';
export { LabelError } from './label-error.js';
export { comparisonPage, planPage } from './label-pictures.js';
export {
  keptPlan,
  type LabelPlanReport,
  labelStudioTasks,
  type MadeLabelPlan,
  makeLabelPlan,
  type PlannedImage,
} from './label-plan.js';
