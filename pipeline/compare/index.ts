export { DEMO_MODEL, DEMO_SETS, type DemoResult, runDemo } from './demo.js';
