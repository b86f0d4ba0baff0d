/** ONNX files for specs, written field by field, so that they can also be wrong. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openExported } from '../../convert/exported-program/read-exported.js';
import { openOnnx } from '../../convert/onnx/file/read-onnx.js';
import { type OnnxNetwork, type OnnxOptions, readNetwork } from '../../convert/onnx/read-network.js';
import { openTfjs } from '../../convert/tfjs-model/read-tfjs.js';
import { bind, resolveTap } from '../../graph/index.js';
import { ProtobufMessage } from '../../graph/onnx/index.js';
import type { Values } from '../../graph/operations/operation.js';
import { optimise } from '../../graph/passes/index.js';
import { runReference } from '../../graph/reference.js';
import { graphOf, storedGraph } from '../../graph/stored/index.js';
import { temporaryFolder } from './places.js';
import { uniform } from './pseudo-random.js';

type AttributeValue = number | number[] | string | ProtobufMessage | FileModel;

export interface FileNode {
  op: string;
  inputs: string[];
  outputs: string[];
  name?: string;
  domain?: string;
  /** A model is a graph inside. */
  attributes?: Record<string, AttributeValue>;
}

/** TensorProto.DataType. */
const TENSOR_TYPES = { float: 1, uint8: 2, int64: 7 };

export interface FileTensor {
  dims: number[];
  /** float32, or with `type` something else. */
  data: number[] | Uint8Array;
  type?: keyof typeof TENSOR_TYPES;
  /** Where the values lie instead. */
  external?: Record<string, string>;
}

export interface FileModel {
  nodes: FileNode[];
  tensors?: Record<string, FileTensor>;
  input?: (number | string)[];
  outputs?: string[];
  opset?: number;
  ir?: number;
  /** Default: spec. */
  producer?: string;
  /** TensorProto.DataType of the input. */
  inputType?: number;
  /** The domain of operators that are not ONNX's own. */
  domains?: string[];
}

export function floats(name: string, ...dims: number[]): FileTensor {
  const count = dims.reduce((a, b) => a * b, 1);
  return { dims, data: [...uniform(name, count, -1, 1)] };
}

export const ints = (...data: number[]): FileTensor => ({ dims: [data.length], data, type: 'int64' });
export const index = (value: number): FileTensor => ({ dims: [], data: [value], type: 'int64' });
export const number = (value: number): FileTensor => ({ dims: [], data: [value] });

/** `OUT = Op(IN, IN)`, one a line. A node is named by what it gives: `node OUT`. */
export function nodesOf(lines: string, attributes: Record<string, FileNode['attributes']> = {}): FileNode[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => {
      const [outputs = '', op = '', inputs = ''] = line.trim().split(/ = |\(|\)/);
      const own = attributes[outputs];
      return {
        op,
        inputs: inputs.split(', '),
        outputs: outputs.split(', '),
        name: `node ${outputs}`,
        ...(own === undefined ? {} : { attributes: own }),
      };
    });
}

export function graphMessage({
  nodes,
  tensors = {},
  input = ['N', 3, 8, 8],
  outputs = ['y'],
  inputType = 1,
}: FileModel) {
  const graph = new ProtobufMessage();
  for (const node of nodes) graph.message(1, nodeMessage(node));
  graph.string(2, 'graph');
  for (const [name, tensor] of Object.entries(tensors)) graph.message(5, tensorMessage(name, tensor));
  if (input.length > 0) graph.message(11, valueMessage('x', input, inputType));
  for (const output of outputs) graph.message(12, valueMessage(output, null, 1));
  return graph;
}

export function onnxBytesOf(model: FileModel): Uint8Array {
  const { opset = 17, ir = 8, producer = 'spec', domains = [] } = model;
  const file = new ProtobufMessage()
    .integer(1, ir)
    .string(2, producer)
    .message(7, graphMessage(model))
    .message(8, new ProtobufMessage().string(1, '').integer(2, opset));
  for (const domain of domains) file.message(8, new ProtobufMessage().string(1, domain).integer(2, 1));
  return Buffer.concat(file.pieces);
}

/** @returns its path */
export function writeOnnxFile(model: FileModel | Uint8Array): string {
  const path = join(temporaryFolder(), 'model.onnx');
  writeFileSync(path, model instanceof Uint8Array ? model : onnxBytesOf(model));
  return path;
}

function nodeMessage({ op, inputs, outputs, name = '', domain = '', attributes = {} }: FileNode): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const input of inputs) message.string(1, input);
  for (const output of outputs) message.string(2, output);
  message.string(3, name).string(4, op).string(7, domain);
  for (const [key, value] of Object.entries(attributes)) message.message(5, attributeMessage(key, value));
  return message;
}

function attributeMessage(name: string, value: AttributeValue): ProtobufMessage {
  const message = new ProtobufMessage().string(1, name);
  if (value instanceof ProtobufMessage) return message.message(6, value).integer(20, 5);
  if (typeof value === 'string') return message.string(4, value).integer(20, 3);
  if (Array.isArray(value)) {
    for (const item of value) message.integer(8, item);
    return message.integer(20, 7);
  }
  if (typeof value === 'object') return attributeMessage(name, graphMessage(value));
  return Number.isInteger(value) ? message.integer(3, value).integer(20, 2) : message.float(2, value).integer(20, 1);
}

function tensorMessage(name: string, { dims, data, type = 'float', external }: FileTensor): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const size of dims) message.integer(1, size);
  message.integer(2, TENSOR_TYPES[type]).string(8, name);
  if (external !== undefined) {
    for (const [key, value] of Object.entries(external)) {
      message.message(13, new ProtobufMessage().string(1, key).string(2, value));
    }
    return message.integer(14, 1);
  }
  const values = data instanceof Uint8Array ? data : bytesOf(data, type);
  return message.bytes(9, values);
}

function bytesOf(values: number[], type: keyof typeof TENSOR_TYPES): Uint8Array {
  if (type === 'uint8') return Uint8Array.from(values);
  const array = type === 'float' ? Float32Array.from(values) : BigInt64Array.from(values, BigInt);
  return new Uint8Array(array.buffer);
}

/** An input or output of a graph. @param type TensorProto.DataType */
export function valueMessage(name: string, shape: (number | string)[] | null, type: number): ProtobufMessage {
  const tensor = new ProtobufMessage().integer(1, type);
  if (shape !== null) {
    const dimensions = new ProtobufMessage();
    for (const size of shape) {
      const dimension = new ProtobufMessage();
      dimensions.message(1, typeof size === 'number' ? dimension.integer(1, size) : dimension.string(2, size));
    }
    tensor.message(2, dimensions);
  }
  return new ProtobufMessage().string(1, name).message(2, new ProtobufMessage().message(1, tensor));
}

// A network of another format, run by the definitions of its operations in float64.

export async function networkOf(path: string, options: Partial<OnnxOptions> = {}): Promise<OnnxNetwork> {
  const file = await open(path);
  try {
    return await readNetwork(file, { isNormalised: true, ...options });
  } finally {
    await file.close();
  }
}

function open(path: string) {
  if (path.endsWith('.pt2')) return openExported(path);
  return path.endsWith('.json') ? openTfjs(path) : openOnnx(path);
}

/** The output of a layer, as `outputsOf`. */
export function outputOf(network: OnnxNetwork, images: Values, tap = ''): Values {
  return outputsOf(network, images, [tap])[0]!;
}

/** The outputs of layers, after the network has been through a weights folder's JSON and all passes. */
export function outputsOf({ graph, tensors }: OnnxNetwork, images: Values, taps: readonly string[]): Values[] {
  const stored = graphOf(JSON.parse(JSON.stringify(storedGraph(graph))));
  const nodes = taps.map((tap) => resolveTap(stored, tap));
  const outputs = runReference(optimise(bind(stored, tensors), new Set(nodes)), images);
  return nodes.map((node) => outputs.get(node)!);
}
