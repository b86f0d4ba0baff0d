/**
 * Every operation that a graph may have, one line a file. `Op` in `graph.ts`, shapes, parameters and the reference
 * follow from these lines. A new operation is a file beside this and a line here.
 */

export { relu6Operation as relu6, reluOperation as relu } from './activation.js';
export { averageOperation as adaptiveAvgPool2d, maxOperation as adaptiveMaxPool2d } from './adaptive-pooling.js';
export { operation as add } from './add.js';
export { div, maximum, minimum, mul, pow, sub } from './arithmetic.js';
export { operation as attention } from './attention.js';
export { operation as batchNorm2d } from './batch-norm.js';
export { operation as concat } from './concat.js';
export { operation as constant } from './constant.js';
export { operation as conv2d } from './convolution.js';
export { operation as expand } from './expand.js';
export { operation as flatten } from './flatten.js';
export { operation as gather } from './gather.js';
export { operation as groupNorm } from './group-norm.js';
export { operation as identity } from './identity.js';
export { operation as layerNorm } from './layer-norm.js';
export { operation as linear } from './linear.js';
export { operation as localResponseNorm } from './local-response-norm.js';
export { operation as matmul } from './matmul.js';
export { operation as normalize } from './normalize.js';
export { operation as onnxFile } from './onnx-file.js';
export { operation as pad } from './pad.js';
export { operation as parameter } from './parameter.js';
export { operation as permute } from './permute.js';
export { operation as pixelShuffle } from './pixel-shuffle.js';
export { operation as pointwise } from './pointwise.js';
export { averagePooling as avgPool2d, maxPooling as maxPool2d } from './pooling.js';
export { operation as prelu } from './prelu.js';
export { operation as reduce } from './reduce.js';
export { operation as reshape } from './reshape.js';
export { operation as resize } from './resize.js';
export { selecting as select, slicing as slice } from './slice.js';
export { operation as softmax } from './softmax.js';
export { operation as convTranspose2d } from './transposed-convolution.js';
