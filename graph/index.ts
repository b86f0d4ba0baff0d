export {
  type BoundGraph,
  bind,
  checkVariances,
  describeTensorProblems,
  type StoredOnnxFile,
  type TensorProblem,
  tensorProblems,
} from './bound-graph.js';
export type { ComputedNode, Graph, GraphNode, Op } from './graph.js';
export { GraphError, onnxFileOnly } from './graph-error.js';
export {
  nodeParameters,
  outputShape as nodeOutputShape,
  parameterName,
  parameters,
  referenceOutput,
} from './meaning.js';
export type { Activation } from './operations/activation.js';
export { bins } from './operations/adaptive-pooling.js';
export { type AttentionAttrs, attentionScale } from './operations/attention.js';
export type { BatchNorm2dAttrs } from './operations/batch-norm.js';
export type { Conv2dAttrs } from './operations/convolution.js';
export {
  type Argument,
  type Expression,
  formula,
  gateOf,
  interpret,
  type Leaf,
  type PrimitiveTable,
  primitivesOf,
} from './operations/expression.js';
export type { GroupNormAttrs } from './operations/group-norm.js';
export type { LayerNormAttrs } from './operations/layer-norm.js';
export type { LinearAttrs } from './operations/linear.js';
export { type LocalResponseNormAttrs, neighbourMatrix } from './operations/local-response-norm.js';
export type { NormalizeAttrs } from './operations/normalize.js';
export { Misfit } from './operations/operation.js';
export type { PadAttrs, PadMode } from './operations/pad.js';
export {
  leavesOf,
  POINTWISE,
  POINTWISE_FUNCTIONS,
  type PointwiseArguments,
  type PointwiseAttrs,
  type PointwiseDefinition,
  type PointwiseFunction,
  pointwiseBy,
  QUICK_GELU_SLOPE,
  SELU_ALPHA,
  SELU_SCALE,
  TRANSFORMERS_ACTIVATIONS,
} from './operations/pointwise.js';
export {
  type MaxPool2dAttrs,
  type Pool2dAttrs,
  type PoolAxis,
  poolAxis,
  type Span,
  windowDivisor,
} from './operations/pooling.js';
export type { ReduceAttrs, Reduction } from './operations/reduce.js';
export {
  type ResizeAttrs,
  resizedLength,
  resizeWeights,
  type WeightedPixels,
} from './operations/resize.js';
export { type SelectAttrs, type SliceAttrs, slicedRange } from './operations/slice.js';
export { type ConvTranspose2dAttrs, transposedSize } from './operations/transposed-convolution.js';
export type { Padding } from './operations/window.js';
export { poolOf } from './pooled-tap.js';
export { flagsOf, isPrediction, type ProposedTap, proposedTaps } from './proposed-taps.js';
export { type ImageShape, type ImageSize, inferShapes, onlySize, usualShapes } from './shapes.js';
export { canShareMemory, sharedBytes, sharedFloats, shareTensors } from './shared-memory.js';
export { resolveTap } from './taps.js';
