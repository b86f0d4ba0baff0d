export { BACKEND_NAMES, type BackendName, ENGINE_NAMES, type EngineName, loadBackend } from './backends/registry.js';
export { describePlan, type PlanDescription, type PlanOptions } from './backends/simd/describe-plan.js';
export type { PlanRow } from './backends/simd/planning/compiled-plan.js';
export type {
  Availability,
  Backend,
  CompileOptions,
  ImageBatch,
  Precision,
  Program,
  ProgramOutputs,
  TapOutput,
} from './contract/backend.js';
export { EngineError } from './contract/engine-error.js';
export type { Tap } from './contract/prepared-model.js';
export { type EngineReport, type Examination, examineEngines } from './doctor/examine.js';
export { type Embedded, Embedder } from './embedder.js';
export type { EmbedderOptions } from './embedder-options.js';
export type { NamedOutputs } from './embeddings.js';
export { installedVersion } from './packages/installed.js';
