export { type BundledModel, bundledModels, packageVersion, weightsFolder } from './catalogue.js';
export { checkTensor, isWeightsFolder } from './manifest.js';
export {
  assumptionLines,
  type Checked,
  checkedWords,
  INTERPOLATIONS,
  type ModelConfig,
  type MultiLabel,
  modelConfigSchema,
  ORIENTATIONS,
  openAssumptions,
  type Preprocessing,
  type Provenance,
  preprocessingSchema,
  RESIZE_MODES,
  type Tensor,
  type Weights,
  weightsNote,
} from './model-config.js';
export {
  ACTIVATIONS,
  type Body,
  type HeadActivation,
  type HeadLayer,
  type OnnxFileFacts,
  type Pool,
  pooledName,
  type StoredAttribute,
  type StoredGraph,
  type StoredNode,
  type TapPool,
} from './network-config.js';
export { type PixelOverrides, pixelSettingsSha256, pythonLine } from './pixel-settings.js';
export { asStored, decodeFloat16, encodeFloat16, STORAGE_TYPES, type StorageType } from './quantise.js';
export { readDescription, readWeights } from './read-weights.js';
export { WeightsError } from './weights-error.js';
export { type WriteWeightsOptions, type WrittenWeights, writeWeights } from './write-weights.js';
