export { ConvertError } from './convert-error.js';
export type { Dtype } from './dtype.js';
export { type Checkpoint, type CheckpointFormat, readCheckpoint } from './read-checkpoint.js';
export type { CheckpointTensor } from './tensors.js';
