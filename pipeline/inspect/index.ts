export { inspect } from './inspect.js';
export type { Inspection } from './inspection.js';
export { inspectPlan } from './plan.js';
export { type InspectedTap, inspectTaps } from './taps.js';
