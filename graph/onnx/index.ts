/** The ONNX writer. It has an index of its own, so that a program that only runs a network does not load it. */

export { DATA_TYPE } from '../operations/onnx-form.js';
export { ONNX_INPUT, ONNX_SCORES, type OnnxModel, type OnnxOptions, onnxBytes, onnxModel } from './onnx-model.js';
export { modelProto } from './proto.js';
export { ProtobufMessage, ProtobufReader } from './protobuf.js';
export { withOutputs, withValues } from './rewrite.js';
