export { type Inspection, inspect } from './inspect.js';
export { type InspectedTap, inspectPlan, inspectTaps } from './models.js';
