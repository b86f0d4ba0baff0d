/**
 * Every operation that a graph may have, one line each. `Op` in `graph.ts`, shapes, parameters and the reference follow
 * from these lines. A new operation is a file beside this and a line here.
 */
export { operation as adaptiveAvgPool2d } from './adaptive-avg-pool.js';
export { operation as add } from './add.js';
export { operation as avgPool2d } from './avg-pool.js';
export { operation as batchNorm2d } from './batch-norm.js';
export { operation as concat } from './concat.js';
export { operation as conv2d } from './convolution.js';
export { operation as flatten } from './flatten.js';
export { operation as identity } from './identity.js';
export { operation as linear } from './linear.js';
export { operation as maxPool2d } from './max-pool.js';
export { operation as relu } from './relu.js';
export { operation as relu6 } from './relu6.js';
