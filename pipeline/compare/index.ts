export type { CompareComputations } from './computations.js';
export { DEMO_MODEL, DEMO_SETS, type DemoResult, runDemo } from './demo.js';
