export {
  type GatherOptions,
  gatherFiles,
  QUICKSTART_SETS,
  QUICKSTART_URL,
  type QuickstartFile,
  type QuickstartFiles,
  type QuickstartSet,
} from './files.js';
export {
  type LocalHalf,
  type LocalHalfOptions,
  quickstartNotes,
  runLocalHalf,
  writeQuickstartReport,
} from './local.js';
export {
  planQuickstart,
  publishQuickstart,
  QUICKSTART_BASELINE,
  type QuickstartPlan,
  type QuickstartPublished,
  type QuickstartPublishOptions,
  type QuickstartUpload,
} from './publish.js';
export { QuickstartError } from './quickstart-error.js';
export { QuickstartState } from './state.js';
export type { QuickstartWeek } from './weeks.js';
