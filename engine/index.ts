export { type Backbone, type Head, imagenetPreprocessing } from './backbones/backbone.js';
export { backbone, backboneNames, buildGraph, type NetworkSpec } from './backbones/registry.js';
export type {
  Availability,
  Backend,
  CompileOptions,
  ImageBatch,
  Precision,
  Program,
  ProgramOutputs,
  TapOutput,
} from './backend.js';
export { BACKEND_NAMES, type BackendName, ENGINE_NAMES, type EngineName, loadBackend } from './backends/registry.js';
export {
  type BoundGraph,
  bind,
  describeTensorProblems,
  type TensorProblem,
  tensorProblems,
} from './bound-graph.js';
export { installedVersion } from './choice/installed.js';
export { describePlan, type PlanDescription, type PlanOptions } from './describe-plan.js';
export { type EngineReport, type Examination, examineEngines } from './doctor/examine.js';
export { type Embedded, Embedder } from './embedder.js';
export type { EmbedderOptions } from './embedder-options.js';
export type { NamedOutputs } from './embeddings.js';
export { EngineError } from './engine-error.js';
export type { Activation, Conv2dAttrs, Graph, GraphNode, Op, Padding, Pool2dAttrs } from './graph.js';
export { ONNX_INPUT, ONNX_SCORES, type OnnxModel, type OnnxOptions, onnxBytes, onnxModel } from './onnx/onnx-model.js';
export { parameters } from './parameters.js';
export { cutAfter } from './passes/cut-after.js';
export { dropIdentity } from './passes/drop-identity.js';
export { foldBatchNorm } from './passes/fold-batch-norm.js';
export { fuseActivation } from './passes/fuse-activation.js';
export { optimise } from './passes/optimise.js';
export { trimTaps } from './passes/trim-taps.js';
export type { Tap } from './prepared-model.js';
export { type ImageShape, type ImageSize, inferShapes } from './shapes.js';
export type { PlanRow } from './simd/plan.js';
export { resolveTap } from './taps.js';
