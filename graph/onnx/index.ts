/** The ONNX writer: a door of its own, so that who runs a network does not load it. */
export { ONNX_INPUT, ONNX_SCORES, type OnnxModel, type OnnxOptions, onnxBytes, onnxModel } from './onnx-model.js';
export { DATA_TYPE, modelProto } from './proto.js';
export { ProtobufMessage } from './protobuf.js';
