export { type CompareComputations, DEMO_MODEL, DEMO_SETS, type DemoResult, runDemo } from './compare-sets.js';
