/**
 * The layer graph as an ONNX model (onnx/onnx.proto, opset 17), so that onnxruntime runs the very same network on the
 * very same weights: uint8 pixels in, normalisation inside, one output a tap.
 */
import type { Activation, BoundGraph, GraphNode, Padding } from '../engine/index.js';
import type { Tensor } from '../weights/index.js';
import { ProtobufMessage } from './protobuf.js';

const IR_VERSION = 8;
const OPSET = 17;
/** TensorProto.DataType. */
const FLOAT = 1;
const UINT8 = 2;
/** AttributeProto.AttributeType. */
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

type Attributes = Record<string, number | readonly number[]>;

export interface OnnxOptions {
  /** Nodes whose outputs the model gives, under their own names. */
  outputs: readonly string[];
  mean: readonly number[];
  std: readonly number[];
}

/** @returns the bytes of a `.onnx` file whose input `pixels` is uint8 `[N, H, W, 3]` */
export function onnxModel({ graph, tensors }: BoundGraph, options: OnnxOptions): Uint8Array {
  const body = new ProtobufMessage();
  const constants = new Constants();
  for (const node of graph.nodes) {
    for (const onnxNode of onnxNodes(node, constants, options)) body.message(1, nodeProto(onnxNode));
  }
  body.string(2, 'image-drift');
  for (const [name, tensor] of [...tensors, ...constants.tensors]) body.message(5, tensorProto(name, tensor));
  body.message(11, valueInfo('pixels', UINT8, ['N', 'H', 'W', 3]));
  for (const output of options.outputs) body.message(12, valueInfo(output, FLOAT, null));
  return new ProtobufMessage()
    .integer(1, IR_VERSION)
    .string(2, 'image-drift')
    .message(7, body)
    .message(8, new ProtobufMessage().string(1, '').integer(2, OPSET))
    .encode();
}

/** One NodeProto. */
interface OnnxNode {
  op: string;
  inputs: readonly string[];
  output: string;
  attributes?: Attributes;
}

/** Values that nodes refer to by name, beside the weights. */
class Constants {
  readonly tensors = new Map<string, Tensor>();

  /** @returns the name */
  add(name: string, shape: readonly number[], values: readonly number[]): string {
    this.tensors.set(name, { shape, data: Float32Array.from(values) });
    return name;
  }
}

/** The operator that computes one node of the layer graph, and what comes before or after it. */
function onnxNodes(node: GraphNode, constants: Constants, { mean, std }: OnnxOptions): OnnxNode[] {
  const { name, inputs } = node;
  switch (node.op) {
    case 'input':
      return inputNodes(name, constants, mean, std);
    case 'conv2d': {
      const { kernel, stride, padding, dilation, groups, bias, activation } = node.attrs;
      const attributes = {
        kernel_shape: kernel,
        strides: stride,
        pads: onnxPads(padding),
        dilations: dilation,
        group: groups,
      };
      return activated({ op: 'Conv', inputs: operands(node, bias), output: name, attributes }, constants, activation);
    }
    case 'linear': {
      const { bias, activation } = node.attrs;
      const gemm = { op: 'Gemm', inputs: operands(node, bias), output: name, attributes: { transB: 1 } };
      return activated(gemm, constants, activation);
    }
    case 'relu':
    case 'relu6':
      return [activationNode(inputs[0] as string, name, node.op, constants)];
    case 'add':
      return activated({ op: 'Add', inputs, output: name }, constants, node.attrs.activation);
    case 'maxPool2d': {
      const { kernel, stride, padding, ceilMode } = node.attrs;
      const attributes = {
        kernel_shape: kernel,
        strides: stride,
        pads: onnxPads(padding),
        ceil_mode: ceilMode ? 1 : 0,
      };
      return [{ op: 'MaxPool', inputs, output: name, attributes }];
    }
    case 'adaptiveAvgPool2d':
      if (node.attrs.output.every((size) => size === 1)) return [{ op: 'GlobalAveragePool', inputs, output: name }];
      throw new Error(`${name}: adaptive pooling to ${node.attrs.output.join('×')} has no ONNX operator`);
    case 'flatten':
      return [{ op: 'Flatten', inputs, output: name, attributes: { axis: 1 } }];
    case 'concat':
      return [{ op: 'Concat', inputs, output: name, attributes: { axis: 1 } }];
    case 'identity':
      return [{ op: 'Identity', inputs, output: name }];
    default:
      throw new Error(`${name}: ${node.op} is not written as ONNX`);
  }
}

function operands({ name, inputs }: GraphNode, bias: boolean): string[] {
  return [...inputs, `${name}.weight`, ...(bias ? [`${name}.bias`] : [])];
}

/** ONNX wants all beginnings, then all ends. */
function onnxPads([top, bottom, left, right]: Padding): number[] {
  return [top, left, bottom, right];
}

/** The node, followed by its activation where there is one. */
function activated(node: OnnxNode, constants: Constants, activation: Activation | undefined): OnnxNode[] {
  if (activation === undefined) return [node];
  const before = `${node.output}:linear`;
  return [{ ...node, output: before }, activationNode(before, node.output, activation, constants)];
}

function activationNode(input: string, output: string, activation: Activation, constants: Constants): OnnxNode {
  if (activation === 'relu') return { op: 'Relu', inputs: [input], output };
  return { op: 'Clip', inputs: [input, constants.add('zero', [], [0]), constants.add('six', [], [6])], output };
}

/** `(pixel/255 - mean) / std` = `pixel · 1/(255·std) - mean/std`, then to channels first. */
function inputNodes(name: string, constants: Constants, mean: readonly number[], std: readonly number[]): OnnxNode[] {
  const scale = std.map((s) => 1 / (255 * s));
  const shift = mean.map((m, i) => -m / (std[i] as number));
  return [
    { op: 'Cast', inputs: ['pixels'], output: 'input:float', attributes: { to: FLOAT } },
    { op: 'Mul', inputs: ['input:float', constants.add('input:scale', [3], scale)], output: 'input:scaled' },
    { op: 'Add', inputs: ['input:scaled', constants.add('input:shift', [3], shift)], output: 'input:normalised' },
    { op: 'Transpose', inputs: ['input:normalised'], output: name, attributes: { perm: [0, 3, 1, 2] } },
  ];
}

function nodeProto({ op, inputs, output, attributes = {} }: OnnxNode): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const input of inputs) message.string(1, input);
  message.string(2, output).string(3, output).string(4, op);
  for (const [name, value] of Object.entries(attributes)) message.message(5, attributeProto(name, value));
  return message;
}

function attributeProto(name: string, value: number | readonly number[]): ProtobufMessage {
  const message = new ProtobufMessage().string(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, ATTRIBUTE_INT);
  for (const item of value) message.integer(8, item);
  return message.integer(20, ATTRIBUTE_INTS);
}

function tensorProto(name: string, { shape, data }: Tensor): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const size of shape) message.integer(1, size);
  return message
    .integer(2, FLOAT)
    .string(8, name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function valueInfo(name: string, type: number, shape: readonly (number | string)[] | null): ProtobufMessage {
  const tensorType = new ProtobufMessage().integer(1, type);
  if (shape) {
    const dims = new ProtobufMessage();
    for (const size of shape) {
      const dim = new ProtobufMessage();
      dims.message(1, typeof size === 'number' ? dim.integer(1, size) : dim.string(2, size));
    }
    tensorType.message(2, dims);
  }
  return new ProtobufMessage().string(1, name).message(2, new ProtobufMessage().message(1, tensorType));
}
