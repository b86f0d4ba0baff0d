export { DRILL_LIMIT, DRILL_REPEATS, DRILL_WINDOW_SIZES, type DrillOptions } from '../options/index.js';
export { runDrill, runDrillWith, SEEN_SHARE } from './drill.js';
export { DrillError } from './drill-error.js';
export { type DrillJson, drillCsv, drillJson, readDrill } from './json.js';
export { type AlarmShares, type DrillLook, lookForAlarms } from './judge.js';
