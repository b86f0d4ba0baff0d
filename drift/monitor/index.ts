/** Sums of features of rows, for the room `monitor/`. */
export { type BaselineSums, BLOCK_ROWS } from './baseline-sums.js';
export { type BlockName, type FeatureBlock, FeatureModel, type FeatureSource, UNIT } from './features.js';
export { addSums, addToSums, copyOfSums, noSums, type Sums, SumsCounter, sumsOf } from './sums.js';
export { sumsShape } from './sums-json.js';
