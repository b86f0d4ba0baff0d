/**
 * Whole tasks, put together from the other rooms; no formula and no file format is defined here.
 *
 * Its folders, from the bottom up; each imports only those before it:
 *
 * - `embed/` from an image file to an event table
 * - `measure/` from event tables to profiles and measured windows
 * - `report/` from a measurement to the HTML report, with pictures
 * - `drill/` which corruptions of the images would be noticed
 * - `compare/` sets of images against a reference, as in the demo
 * - `quickstart/` Fiddler's image-monitoring quickstart, locally and on a server
 *
 * `inspect.ts` tells what a file or folder is.
 */
export { DEMO_MODEL, DEMO_SETS, type DemoResult, runDemo } from './compare/demo.js';
export { drillCsv } from './drill/csv.js';
export {
  DRILL_LIMIT,
  DRILL_REPEATS,
  DRILL_WINDOW_SIZES,
  type DrillOptions,
  runDrill,
  SEEN_SHARE,
} from './drill/drill.js';
export { DrillError } from './drill/drill-error.js';
export { type DrillJson, drillJson, readDrill } from './drill/json.js';
export { type EmbedImagesOptions, type EmbedSummary, embedImages, type PreparedBatch } from './embed/index.js';
export { type Inspection, inspect, inspectPlan } from './inspect.js';
export { driftBatches, withEvents } from './measure/event-batches.js';
export {
  type MeasuredWindow,
  type Measurement,
  type MeasureOptions,
  measureWindows,
} from './measure/measure-windows.js';
export {
  countProfileShard,
  fitProfileFromEvents,
  mergeProfileFiles,
  readProfile,
  writeProfile,
} from './measure/profiles.js';
export {
  type GatherOptions,
  gatherFiles,
  QUICKSTART_SETS,
  QUICKSTART_URL,
  type QuickstartFile,
  type QuickstartFiles,
  type QuickstartSet,
} from './quickstart/files.js';
export { type LocalHalf, type LocalHalfOptions, runLocalHalf } from './quickstart/local.js';
export { planQuickstart, type QuickstartPlan, type QuickstartUpload } from './quickstart/plan.js';
export {
  publishQuickstart,
  QUICKSTART_BASELINE,
  type QuickstartPublished,
  type QuickstartPublishOptions,
} from './quickstart/publish.js';
export { QuickstartError } from './quickstart/quickstart-error.js';
export { quickstartNotes, writeQuickstartReport } from './quickstart/report.js';
export { QuickstartState } from './quickstart/state.js';
export type { QuickstartWeek } from './quickstart/weeks.js';
export { buildReport, REPORT_EXEMPLARS, type ReportOptions } from './report/build-report.js';
export {
  makeThumbnails,
  type ThumbnailOptions,
  type Thumbnails,
  type ThumbnailTable,
  type WantedRow,
} from './report/thumbnails.js';
export { writeReport } from './report/write-report.js';
