export type { FitOptions, MeasureOptions } from '../options/index.js';
export { carriedColumns, driftBatches, withEvents } from './event-batches.js';
export { type EventFile, lastName, numberedBatches, rankedCsv } from './event-files.js';
export {
  type MeasuredWindow,
  type Measurement,
  measureWindows,
} from './measure-windows.js';
export {
  countProfileShard,
  fitProfileFromEvents,
  mergeProfileFiles,
  readProfile,
  writeProfile,
} from './profiles.js';
