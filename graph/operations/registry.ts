/**
 * Every operation that a graph may have, one line a file. `Op` in `graph.ts`, shapes, parameters and the reference
 * follow from these lines. A new operation is a file beside this and a line here.
 */

export { relu6Operation as relu6, reluOperation as relu } from './activation.js';
export { operation as adaptiveAvgPool2d } from './adaptive-avg-pool.js';
export { operation as add } from './add.js';
export { div, maximum, minimum, mul, pow, sub } from './arithmetic.js';
export { operation as batchNorm2d } from './batch-norm.js';
export { operation as concat } from './concat.js';
export { operation as conv2d } from './convolution.js';
export { operation as flatten } from './flatten.js';
export { operation as identity } from './identity.js';
export { operation as linear } from './linear.js';
export { operation as localResponseNorm } from './local-response-norm.js';
export { operation as parameter } from './parameter.js';
export { operation as pointwise } from './pointwise.js';
export { averagePooling as avgPool2d, maxPooling as maxPool2d } from './pooling.js';
export { operation as prelu } from './prelu.js';
