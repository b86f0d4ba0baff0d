export {
  type Converted,
  type ConvertedModel,
  type ConvertedToOnnx,
  type ConvertOptions,
  convertCheckpoint,
  convertToOnnx,
} from './convert-checkpoint.js';
export { ConvertError } from './convert-error.js';
export type { Dtype } from './dtype.js';
export type { PreprocessingOptions } from './preprocessing.js';
export { type Checkpoint, type CheckpointFormat, readCheckpoint } from './state-dict/read-checkpoint.js';
export { type RecogniseOptions, recognise, type Shapes } from './state-dict/recognise.js';
export type { CheckpointTensor } from './state-dict/tensors.js';
export { type OnnxFile, prepareOnnx, writeOnnx } from './write-onnx.js';
