/** Evidence over months: alarms of one promise, from sums of windows. Numbers go in, numbers come out. */
export {
  addSums,
  type BlockName,
  type FeatureBlock,
  FeatureModel,
  type FeatureSource,
  noSums,
  type Sums,
  SumsCounter,
  sumsOf,
  sumsShape,
} from '../drift/monitor/index.js';
export { type BaselineCheck, checkBaseline } from './check-baseline.js';
export { MonitorError } from './monitor-error.js';
export type { MonitorPromise } from './promise.js';
export {
  type Acknowledgement,
  type Alarm,
  type MonitorRun,
  type MonitorWindow,
  runMonitor,
  type TestReport,
  type TimelineEntry,
} from './run.js';
