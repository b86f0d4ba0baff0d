export { installedVersion } from '#platform';
export {
  BACKEND_NAMES,
  type BackendName,
  ENGINE_NAMES,
  type EngineName,
  loadBackend,
  REFERENCE,
} from './backends/registry.js';
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
export type {
  OnnxFileLimits,
  OnnxFileRequest,
  OnnxFileSession,
  PlanDescription,
  PlanRow,
} from './contract/engine-description.js';
export { EngineError } from './contract/engine-error.js';
export type { NamedOutputs } from './contract/parts.js';
export type { Tap } from './contract/prepared-model.js';
export { type Examination, examineEngines } from './doctor/examine.js';
export type { EngineReport } from './doctor/self-test.js';
export { type Embedded, Embedder } from './embedder.js';
export { describePlan, openOnnxFile, type PlanOptions } from './look.js';
export type { EmbedderOptions } from './options/index.js';
