/** Alarms over months: the folder of a monitor, its updates, its alarms and whom they are told. */

export type { MonitorInitOptions, MonitorUpdateOptions, PromiseOptions } from '../options/index.js';
export type { MonitorAlarm } from './alarm-file.js';
export { unjudgedOf } from './judge.js';
export {
  type Acknowledged,
  type AcknowledgeOptions,
  checkBaselineFor,
  type InitialMonitor,
  initMonitor,
  Monitor,
  type MonitorUpdate,
  openMonitor,
} from './monitor.js';
export {
  alarmLines,
  type MonitorStatus,
  type MonitorTimelineEntry,
  markdownText,
  quietLine,
} from './status.js';
