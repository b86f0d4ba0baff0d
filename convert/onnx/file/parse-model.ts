/** From the bytes of an ONNX file to its model. Field numbers are those of onnx/onnx.proto. */
import { ConvertError } from '../../convert-error.js';
import { modulePath } from './module-path.js';
import { withModuleRuns } from './module-runs.js';
import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxValueInfo } from './onnx-model.js';
import { ProtobufCursor } from './protobuf-cursor.js';
import { type OnnxTensor, readEntry, readTensorProto } from './tensor-proto.js';

const MIN_IR_VERSION = 3;
/** The largest network known has 20,000 nodes before it is folded. */
const MAX_NODES = 200_000;

/**
 * @param label file name, for messages
 * @throws ConvertError `ONNX_INVALID`, `ONNX_TENSOR`, `ONNX_VERSION`, `ONNX_TOO_LARGE`
 */
export function parseModel(bytes: Uint8Array, label: string): OnnxModel {
  const cursor = new ProtobufCursor(bytes, label);
  let irVersion = 0;
  let producer = '';
  let graph: OnnxGraph | null = null;
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const counter = new NodeCounter(label);
  while (cursor.next()) {
    if (cursor.field === 1) irVersion = cursor.integer();
    else if (cursor.field === 2) producer = cursor.string();
    else if (cursor.field === 7) graph = readGraph(cursor.message(), counter);
    else if (cursor.field === 8) opsets.set(...readOpset(cursor.message()));
    else if (cursor.field === 14) metadata.set(...readEntry(cursor.message()));
  }
  if (graph === null) throw new ConvertError('ONNX_INVALID', `${label}: is not an ONNX model, it has no graph`);
  checkVersion(label, irVersion);
  return { label, irVersion, producer, opset: opsets.get('') ?? 0, graph, metadata };
}

function checkVersion(label: string, irVersion: number): void {
  if (irVersion >= MIN_IR_VERSION) return;
  throw new ConvertError(
    'ONNX_VERSION',
    `${label}: is of IR version ${irVersion}, ${MIN_IR_VERSION} and later are read`,
  );
}

/** Counts the nodes of a graph and of all its subgraphs. */
class NodeCounter {
  #nodes = 0;

  constructor(readonly label: string) {}

  add(): void {
    this.#nodes += 1;
    if (this.#nodes <= MAX_NODES) return;
    throw new ConvertError(
      'ONNX_TOO_LARGE',
      `${this.label}: has more than ${MAX_NODES.toLocaleString('en')} nodes, which no network of images has`,
    );
  }
}

function readOpset(cursor: ProtobufCursor): [domain: string, version: number] {
  let domain = '';
  let version = 0;
  while (cursor.next()) {
    if (cursor.field === 1) domain = cursor.string();
    else if (cursor.field === 2) version = cursor.integer();
  }
  return [ownDomain(domain), version];
}

/** `ai.onnx` is another name for the empty domain. */
function ownDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function readGraph(cursor: ProtobufCursor, counter: NodeCounter): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const initialisers = new Map<string, OnnxTensor>();
  const inputs: OnnxValueInfo[] = [];
  const outputs: OnnxValueInfo[] = [];
  while (cursor.next()) {
    if (cursor.field === 1) {
      counter.add();
      nodes.push(readNode(cursor.message(), counter));
    } else if (cursor.field === 5) {
      const tensor = readTensorProto(cursor.message(), counter.label);
      initialisers.set(tensor.name, tensor);
    } else if (cursor.field === 11) inputs.push(readValueInfo(cursor.message()));
    else if (cursor.field === 12) outputs.push(readValueInfo(cursor.message()));
  }
  return { nodes: withModuleRuns(nodes, initialisers), initialisers, inputs, outputs };
}

function readNode(cursor: ProtobufCursor, counter: NodeCounter): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  let name = '';
  let op = '';
  let domain = '';
  let scopes: string | null = null;
  while (cursor.next()) {
    if (cursor.field === 1) inputs.push(cursor.string());
    else if (cursor.field === 2) outputs.push(cursor.string());
    else if (cursor.field === 3) name = cursor.string();
    else if (cursor.field === 4) op = cursor.string();
    else if (cursor.field === 5) attributes.set(...readAttribute(cursor.message(), counter));
    else if (cursor.field === 7) domain = ownDomain(cursor.string());
    else if (cursor.field === 9) {
      const [key, value] = readEntry(cursor.message());
      if (key === 'pkg.torch.onnx.name_scopes') scopes = value;
    }
  }
  return { name, op, domain, inputs, outputs, attributes, module: modulePath(name, scopes) };
}

function readAttribute(cursor: ProtobufCursor, counter: NodeCounter): [string, OnnxAttribute] {
  let name = '';
  let type = 0;
  let float = 0;
  let int = 0;
  let text = '';
  let tensor: OnnxTensor | null = null;
  let graph: OnnxGraph | null = null;
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  while (cursor.next()) {
    if (cursor.field === 1) name = cursor.string();
    else if (cursor.field === 2) float = cursor.float();
    else if (cursor.field === 3) int = cursor.integer();
    else if (cursor.field === 4) text = cursor.string();
    else if (cursor.field === 5) tensor = readTensorProto(cursor.message(), counter.label);
    else if (cursor.field === 6) graph = readGraph(cursor.message(), counter);
    else if (cursor.field === 7) cursor.floats(floats);
    else if (cursor.field === 8) cursor.integers(ints);
    else if (cursor.field === 9) strings.push(cursor.string());
    else if (cursor.field === 20) type = cursor.integer();
  }
  return [name, attributeOf(type, { float, int, text, tensor, graph, floats, ints, strings })];
}

interface AttributeFields {
  float: number;
  int: number;
  text: string;
  tensor: OnnxTensor | null;
  graph: OnnxGraph | null;
  floats: readonly number[];
  ints: readonly number[];
  strings: readonly string[];
}

/** @param type AttributeProto.AttributeType, which says the one field that counts */
function attributeOf(type: number, fields: AttributeFields): OnnxAttribute {
  switch (type) {
    case 1:
      return { type: 'float', value: fields.float };
    case 2:
      return { type: 'int', value: fields.int };
    case 3:
      return { type: 'string', value: fields.text };
    case 6:
      return { type: 'floats', value: fields.floats };
    case 7:
      return { type: 'ints', value: fields.ints };
    case 8:
      return { type: 'strings', value: fields.strings };
  }
  if (type === 4 && fields.tensor !== null) return { type: 'tensor', value: fields.tensor };
  if (type === 5 && fields.graph !== null) return { type: 'graph', value: fields.graph };
  return { type: 'other', value: null };
}

function readValueInfo(cursor: ProtobufCursor): OnnxValueInfo {
  let name = '';
  let type: Omit<OnnxValueInfo, 'name'> = { elementType: 0, shape: null };
  while (cursor.next()) {
    if (cursor.field === 1) name = cursor.string();
    else if (cursor.field === 2) type = readType(cursor.message());
  }
  return { name, ...type };
}

function readType(cursor: ProtobufCursor): Omit<OnnxValueInfo, 'name'> {
  let elementType = 0;
  let shape: (number | string)[] | null = null;
  while (cursor.next()) {
    if (cursor.field !== 1) continue;
    const tensorType = cursor.message();
    while (tensorType.next()) {
      if (tensorType.field === 1) elementType = tensorType.integer();
      else if (tensorType.field === 2) shape = readShape(tensorType.message());
    }
  }
  return { elementType, shape };
}

function readShape(cursor: ProtobufCursor): (number | string)[] {
  const shape: (number | string)[] = [];
  while (cursor.next()) {
    if (cursor.field !== 1) continue;
    const dimension = cursor.message();
    let size: number | string = '';
    while (dimension.next()) {
      if (dimension.field === 1) size = dimension.integer();
      else if (dimension.field === 2) size = dimension.string();
    }
    // Some writers say 0 or -1 where a size is not known.
    shape.push(typeof size === 'number' && size < 1 ? '' : size);
  }
  return shape;
}
