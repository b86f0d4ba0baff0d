/** What the recorders of services need of a monitor's folder. */
export { checkBaselineSame } from './add-state.js';
export { MonitorStateError } from './monitor-error.js';
export { recordedFolder, writeRecorded } from './recorded.js';
export { partName, partTimes, ROWS_FOLDER } from './row-names.js';
export { isState, readState, type StatePromise } from './state-file.js';
export { addWindow, type Recorded, type SumsByWindow } from './sums-file.js';
