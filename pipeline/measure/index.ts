export { carriedColumns, driftBatches, withEvents } from './event-batches.js';
export { type EventFile, lastName, numberedBatches } from './event-files.js';
export {
  type MeasuredWindow,
  type Measurement,
  type MeasureOptions,
  measureWindows,
} from './measure-windows.js';
export {
  countProfileShard,
  type FitOptions,
  fitProfileFromEvents,
  mergeProfileFiles,
  readProfile,
  writeProfile,
} from './profiles.js';
export { rankedCsv } from './ranked-csv.js';
