/** Every operator of ONNX that becomes nodes of the graph. A new one is a line here. */
import { clip, functions, gelu, prelu, relu, selu, swish, thresholdedRelu } from './activation.js';
import { add, binary, mean, pow } from './arithmetic.js';
import { attention } from './attention.js';
import { batchNormalization, conv, convTranspose } from './convolution.js';
import { einsum } from './einsum.js';
import { gemm, matMul } from './matrix.js';
import { cast, concat, dropout, flatten, pass, reshape, squeeze, transpose, unsqueeze } from './moving.js';
import {
  groupNormalization,
  instanceNormalization,
  layerNormalization,
  localResponseNormalization,
  logSoftmax,
  lpNormalization,
  meanVarianceNormalization,
  rmsNormalization,
  softmax,
} from './normalisation.js';
import type { Operator } from './operator.js';
import { averagePool, globalAveragePool, globalMaxPool, lpPool, maxPool, overOneAxis } from './pooling.js';
import { reduce, reduceLogSum, reduceLogSumExp, reduceSumSquare } from './reduction.js';
import { resize } from './resize.js';
import { depthToSpace, expand, gather, pad, slice, spaceToDepth, split, tile } from './taking.js';
import { equal, notNumber, where } from './where.js';

export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ...functions,
  ['Add', add],
  ['Attention', attention],
  ['AveragePool', overOneAxis(averagePool)],
  ['BatchNormalization', batchNormalization],
  ['Cast', cast],
  ['CastLike', pass],
  ['Clip', clip],
  ['Concat', concat],
  ['Conv', overOneAxis(conv)],
  ['ConvTranspose', overOneAxis(convTranspose)],
  ['DepthToSpace', depthToSpace],
  ['Div', binary('div')],
  ['Dropout', dropout],
  ['Einsum', einsum],
  ['Equal', equal],
  ['Expand', expand],
  ['Flatten', flatten],
  ['Gather', gather],
  ['Gelu', gelu],
  ['Gemm', gemm],
  ['GlobalAveragePool', overOneAxis(globalAveragePool)],
  ['GlobalMaxPool', overOneAxis(globalMaxPool)],
  ['GroupNormalization', groupNormalization],
  ['Identity', pass],
  ['InstanceNormalization', instanceNormalization],
  ['IsNaN', notNumber],
  ['LRN', localResponseNormalization],
  ['LayerNormalization', layerNormalization],
  ['LogSoftmax', logSoftmax],
  ['LpNormalization', lpNormalization],
  ['LpPool', overOneAxis(lpPool)],
  ['MatMul', matMul],
  ['Max', binary('maximum')],
  ['MaxPool', overOneAxis(maxPool)],
  ['Mean', mean],
  ['MeanVarianceNormalization', meanVarianceNormalization],
  ['Min', binary('minimum')],
  ['Mul', binary('mul')],
  ['PRelu', prelu],
  ['Pad', pad],
  ['Pow', pow],
  ['RMSNormalization', rmsNormalization],
  ['ReduceL1', reduce('l1')],
  ['ReduceL2', reduce('l2')],
  ['ReduceLogSum', reduceLogSum],
  ['ReduceLogSumExp', reduceLogSumExp],
  ['ReduceMax', reduce('max')],
  ['ReduceMean', reduce('mean')],
  ['ReduceMin', reduce('min')],
  ['ReduceProd', reduce('prod')],
  ['ReduceSum', reduce('sum')],
  ['ReduceSumSquare', reduceSumSquare],
  ['Relu', relu],
  ['Reshape', reshape],
  ['Resize', resize],
  ['Selu', selu],
  ['Slice', slice],
  ['Softmax', softmax],
  ['SpaceToDepth', spaceToDepth],
  ['Split', split],
  ['Squeeze', squeeze],
  ['Sub', binary('sub')],
  ['Sum', add],
  ['Swish', swish],
  ['ThresholdedRelu', thresholdedRelu],
  ['Tile', tile],
  ['Transpose', transpose],
  ['Unsqueeze', unsqueeze],
  ['Upsample', resize],
  ['Where', where],
]);
