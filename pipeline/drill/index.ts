export { drillCsv } from './csv.js';
export {
  DRILL_LIMIT,
  DRILL_REPEATS,
  DRILL_WINDOW_SIZES,
  type DrillOptions,
  runDrill,
  runDrillWith,
  SEEN_SHARE,
} from './drill.js';
export { DrillError } from './drill-error.js';
export { type DrillJson, drillJson, readDrill } from './json.js';
export { type DrillLook, lookForAlarms } from './judge.js';
export type { AlarmShares } from './windows.js';
