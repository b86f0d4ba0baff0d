export { type BundledModel, bundledModels, weightsFolder } from './catalogue.js';
export { checkTensor } from './check-tensor.js';
export { type Checked, checkedWords, weightsNote } from './checked.js';
export { decodeFloat16, encodeFloat16 } from './float16.js';
export type { OnnxFileFacts, StoredAttribute, StoredGraph, StoredNode } from './graph-config.js';
export { isWeightsFolder } from './is-weights-folder.js';
export {
  INTERPOLATIONS,
  type ModelConfig,
  modelConfigSchema,
  ORIENTATIONS,
  type Preprocessing,
  type Provenance,
  preprocessingSchema,
  RESIZE_MODES,
  type Tensor,
  type Weights,
} from './model-config.js';
export {
  ACTIVATIONS,
  type Body,
  type HeadActivation,
  type HeadLayer,
} from './network-config.js';
export { packageVersion } from './package-version.js';
export { type PixelOverrides, pixelSettingsSha256 } from './pixel-settings.js';
export { pythonLine } from './python-line.js';
export { asStored, STORAGE_TYPES, type StorageType } from './quantise.js';
export { readChecked, readWeights } from './read-weights.js';
export { WeightsError } from './weights-error.js';
export { type WriteWeightsOptions, type WrittenWeights, writeWeights } from './write-weights.js';
