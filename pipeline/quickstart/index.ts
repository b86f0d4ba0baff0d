export {
  type GatherOptions,
  gatherFiles,
  QUICKSTART_SETS,
  QUICKSTART_URL,
  type QuickstartFile,
  type QuickstartFiles,
  type QuickstartSet,
} from './files.js';
export { type LocalHalf, type LocalHalfOptions, runLocalHalf } from './local.js';
export { planQuickstart, type QuickstartPlan, type QuickstartUpload } from './plan.js';
export {
  publishQuickstart,
  QUICKSTART_BASELINE,
  type QuickstartPublished,
  type QuickstartPublishOptions,
} from './publish.js';
export { QuickstartError } from './quickstart-error.js';
export { quickstartNotes, writeQuickstartReport } from './report.js';
export { QuickstartState } from './state.js';
export type { QuickstartWeek } from './weeks.js';
