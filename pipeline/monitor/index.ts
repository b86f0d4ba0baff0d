/** Alarms over months: the folder of a monitor, its updates, its alarms and their messages. */

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
  quietLine,
  shortTime,
} from './status.js';
