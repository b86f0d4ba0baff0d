export { EmulatorError } from './emulator-error.js';
export { FAULTS, type FaultName, type Faults, parseFaults } from './faults.js';
export type { RouteTraffic, Traffic } from './http/hooks.js';
export { type Emulator, type EmulatorOptions, startEmulator } from './start-emulator.js';
