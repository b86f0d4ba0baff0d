/** An ONNX file's messages (github.com/onnx/onnx, onnx/onnx.proto): field numbers and enum values. */
import { type Attribute, DATA_TYPE, type OnnxNode } from '../operations/onnx-form.js';
import { ProtobufMessage } from './protobuf.js';

/** Files of this version are read by onnx 1.12, onnxruntime 1.12 and everything newer. */
const IR_VERSION = 8;
/** The version of ONNX's own set of operators. */
export const OPSET = 17;

/** AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

export interface OnnxTensor {
  shape: readonly number[];
  data: Float32Array | BigInt64Array;
}

/** A value that goes into the model or comes out of it; dimensions are sizes or names of sizes. */
export interface OnnxValue {
  name: string;
  type: keyof typeof DATA_TYPE;
  shape: readonly (number | string)[];
  description: string;
}

export interface OnnxGraph {
  nodes: readonly OnnxNode[];
  tensors: ReadonlyMap<string, OnnxTensor>;
  inputs: readonly OnnxValue[];
  outputs: readonly OnnxValue[];
  /** Free text that runtimes pass on (`metadata_props`). */
  metadata: ReadonlyMap<string, string>;
}

const PRODUCER = 'image-drift';

export function modelProto(graph: OnnxGraph): ProtobufMessage {
  const model = new ProtobufMessage()
    .integer(1, IR_VERSION)
    .string(2, PRODUCER)
    .message(7, graphProto(graph))
    .message(8, new ProtobufMessage().string(1, '').integer(2, OPSET));
  for (const [key, value] of graph.metadata) model.message(14, new ProtobufMessage().string(1, key).string(2, value));
  return model;
}

function graphProto({ nodes, tensors, inputs, outputs }: OnnxGraph): ProtobufMessage {
  const graph = new ProtobufMessage();
  for (const node of nodes) graph.message(1, nodeProto(node));
  graph.string(2, PRODUCER);
  for (const [name, tensor] of tensors) graph.message(5, tensorProto(name, tensor));
  for (const input of inputs) graph.message(11, valueInfoProto(input));
  for (const output of outputs) graph.message(12, valueInfoProto(output));
  return graph;
}

function nodeProto({ op, inputs, output, attributes = {} }: OnnxNode): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const input of inputs) message.string(1, input);
  message.string(2, output).string(3, output).string(4, op);
  for (const [name, value] of Object.entries(attributes)) message.message(5, attributeProto(name, value));
  return message;
}

function attributeProto(name: string, value: Attribute): ProtobufMessage {
  const message = new ProtobufMessage().string(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, ATTRIBUTE_TYPE.int);
  if ('float' in value) return message.float(2, value.float).integer(20, ATTRIBUTE_TYPE.float);
  if ('string' in value) return message.string(4, value.string).integer(20, ATTRIBUTE_TYPE.string);
  for (const item of value) message.integer(8, item);
  return message.integer(20, ATTRIBUTE_TYPE.ints);
}

/** Values are written as they lie in memory: little-endian on every machine on which Node runs TensorFlow.js. */
function tensorProto(name: string, { shape, data }: OnnxTensor): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const size of shape) message.integer(1, size);
  return message
    .integer(2, data instanceof Float32Array ? DATA_TYPE.float : DATA_TYPE.int64)
    .string(8, name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function valueInfoProto({ name, type, shape, description }: OnnxValue): ProtobufMessage {
  const dimensions = new ProtobufMessage();
  for (const size of shape) {
    const dimension = new ProtobufMessage();
    dimensions.message(1, typeof size === 'number' ? dimension.integer(1, size) : dimension.string(2, size));
  }
  const tensorType = new ProtobufMessage().integer(1, DATA_TYPE[type]).message(2, dimensions);
  return new ProtobufMessage()
    .string(1, name)
    .message(2, new ProtobufMessage().message(1, tensorType))
    .string(3, description);
}
