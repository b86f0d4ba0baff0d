export { STEMS, type Stem } from '../graph/backbones/index.js';
export { recogniseCheckpoint } from './checkpoint-model.js';
export {
  type CheckConversion,
  type Converted,
  type ConvertedModel,
  type ConvertedToOnnx,
  type ConvertOptions,
  convertCheckpoint,
  convertToOnnx,
} from './convert-checkpoint.js';
export { ConvertError } from './convert-error.js';
export type { Dtype } from './dtype.js';
export { checkpointFiles, readHubFolder, weightsFileIn } from './hub-folder.js';
export {
  type ExportedInspection,
  inspectExported,
  inspectOnnx,
  inspectTfjs,
  type OnnxInspection,
  type TfjsInspection,
} from './inspect-networks.js';
export { tfjsModelIn } from './onnx-model.js';
export type { ActivationChoice, ChannelOrder, PreprocessingOptions } from './options/index.js';
export { resizeFlags } from './preprocessing.js';
export { fileFormat } from './read-model.js';
export { aliasOf, type Recognised, type Source } from './recognition/assemble.js';
export type { RecogniseOptions } from './recognition/head.js';
export { libraryNames } from './recognition/library-names.js';
export { recognise } from './recognition/recognise.js';
export type { Shapes } from './recognition/shapes.js';
export { type Checkpoint, type CheckpointFormat, readCheckpoint } from './state-dict/read-checkpoint.js';
export type { CheckpointTensor } from './state-dict/tensors.js';
export { isTfjsModel } from './tfjs-model/file/model-json.js';
export { type OnnxFile, prepareOnnx, writeOnnx } from './write-onnx.js';
