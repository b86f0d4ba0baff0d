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
  const writer = new NodeWriter(body);
  for (const node of graph.nodes) writeNode(writer, node, options);
  body.string(2, 'image-drift');
  for (const [name, tensor] of [...tensors, ...writer.constants]) body.message(5, tensorProto(name, tensor));
  body.message(11, valueInfo('pixels', UINT8, ['N', 'H', 'W', 3]));
  for (const output of options.outputs) body.message(12, valueInfo(output, FLOAT, null));
  return new ProtobufMessage()
    .integer(1, IR_VERSION)
    .string(2, 'image-drift')
    .message(7, body)
    .message(8, new ProtobufMessage().string(1, '').integer(2, OPSET))
    .encode();
}

class NodeWriter {
  readonly constants = new Map<string, Tensor>();

  constructor(private readonly body: ProtobufMessage) {}

  node(op: string, inputs: readonly string[], output: string, attributes: Attributes = {}): void {
    const message = new ProtobufMessage();
    for (const input of inputs) message.string(1, input);
    message.string(2, output).string(3, output).string(4, op);
    for (const [name, value] of Object.entries(attributes)) message.message(5, attributeProto(name, value));
    this.body.message(1, message);
  }

  constant(name: string, shape: readonly number[], values: readonly number[]): string {
    this.constants.set(name, { shape, data: Float32Array.from(values) });
    return name;
  }

  /** Writes `op` under `output`, followed by its activation where there is one. */
  activated(op: string, inputs: readonly string[], output: string, attributes: Attributes, activation?: Activation): void {
    if (activation === undefined) return this.node(op, inputs, output, attributes);
    this.node(op, inputs, `${output}:linear`, attributes);
    this.activation(`${output}:linear`, output, activation);
  }

  activation(input: string, output: string, activation: Activation): void {
    if (activation === 'relu') return this.node('Relu', [input], output);
    this.node('Clip', [input, this.constant('zero', [], [0]), this.constant('six', [], [6])], output);
  }
}

/** ONNX wants all beginnings, then all ends. */
function onnxPads([top, bottom, left, right]: Padding): number[] {
  return [top, left, bottom, right];
}

function writeNode(writer: NodeWriter, node: GraphNode, { mean, std }: OnnxOptions): void {
  const { name, inputs } = node;
  switch (node.op) {
    case 'input':
      return writeInput(writer, name, mean, std);
    case 'conv2d': {
      const { kernel, stride, padding, dilation, groups, bias, activation } = node.attrs;
      const operands = [...inputs, `${name}.weight`, ...(bias ? [`${name}.bias`] : [])];
      const attributes = { kernel_shape: kernel, strides: stride, pads: onnxPads(padding), dilations: dilation, group: groups };
      return writer.activated('Conv', operands, name, attributes, activation);
    }
    case 'linear': {
      const { bias, activation } = node.attrs;
      const operands = [...inputs, `${name}.weight`, ...(bias ? [`${name}.bias`] : [])];
      return writer.activated('Gemm', operands, name, { transB: 1 }, activation);
    }
    case 'relu':
    case 'relu6':
      return writer.activation(inputs[0] as string, name, node.op);
    case 'add':
      return writer.activated('Add', inputs, name, {}, node.attrs.activation);
    case 'maxPool2d': {
      const { kernel, stride, padding, ceilMode } = node.attrs;
      const attributes = { kernel_shape: kernel, strides: stride, pads: onnxPads(padding), ceil_mode: ceilMode ? 1 : 0 };
      return writer.node('MaxPool', inputs, name, attributes);
    }
    case 'adaptiveAvgPool2d':
      if (node.attrs.output.every((size) => size === 1)) return writer.node('GlobalAveragePool', inputs, name);
      throw new Error(`${name}: adaptive pooling to ${node.attrs.output.join('×')} has no ONNX operator`);
    case 'flatten':
      return writer.node('Flatten', inputs, name, { axis: 1 });
    case 'concat':
      return writer.node('Concat', inputs, name, { axis: 1 });
    case 'identity':
      return writer.node('Identity', inputs, name);
    default:
      throw new Error(`${name}: ${node.op} is not written as ONNX`);
  }
}

/** `(pixel/255 - mean) / std` = `pixel · 1/(255·std) - mean/std`, then to channels first. */
function writeInput(writer: NodeWriter, name: string, mean: readonly number[], std: readonly number[]): void {
  const scale = writer.constant('input:scale', [3], std.map((s) => 1 / (255 * s)));
  const shift = writer.constant('input:shift', [3], mean.map((m, i) => -m / (std[i] as number)));
  writer.node('Cast', ['pixels'], 'input:float', { to: FLOAT });
  writer.node('Mul', ['input:float', scale], 'input:scaled');
  writer.node('Add', ['input:scaled', shift], 'input:normalised');
  writer.node('Transpose', ['input:normalised'], name, { perm: [0, 3, 1, 2] });
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
  return message.integer(2, FLOAT).string(8, name).bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
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
