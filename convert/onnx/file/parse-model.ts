/** From the bytes of an ONNX file to its model. Field numbers are those of onnx/onnx.proto. */
import { ProtobufReader } from '../../../graph/onnx/index.js';
import { ConvertError } from '../../convert-error.js';
import { modulePath, withModuleRuns } from './modules.js';
import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxValueInfo } from './onnx-model.js';
import { entriesOf, readTensorProto } from './tensor-proto.js';

const MIN_IR_VERSION = 3;
/** The largest network known has 20,000 nodes before it is folded. */
const MAX_NODES = 200_000;

/** @throws ConvertError `ONNX_INVALID`, `ONNX_TENSOR`, `ONNX_VERSION`, `ONNX_TOO_LARGE` */
export function parseModel(bytes: Uint8Array, label: string): OnnxModel {
  const invalid = (what: string) => new ConvertError('ONNX_INVALID', `${label}: is not a readable ONNX file, ${what}`);
  const model = new ProtobufReader(bytes, invalid);
  const written = model.message(7);
  const graph = written && readGraph(written, new NodeCounter(label));
  if (graph === null) throw new ConvertError('ONNX_INVALID', `${label}: is not an ONNX model, it has no graph`);
  const irVersion = model.integer(1);
  checkVersion(label, irVersion);
  const opsets = Array.from(model.messages(8), (set) => [ownDomain(set.string(1)), set.integer(2)] as const);
  const opset = new Map(opsets).get('') ?? 0;
  return { label, irVersion, producer: model.string(2), opset, graph, metadata: entriesOf(model, 14) };
}

function checkVersion(label: string, irVersion: number): void {
  if (irVersion >= MIN_IR_VERSION) return;
  const message = `${label}: is of IR version ${irVersion}, ${MIN_IR_VERSION} and later are read`;
  throw new ConvertError('ONNX_VERSION', message);
}

/** Counts the nodes of a graph and of all its subgraphs. */
class NodeCounter {
  #nodes = 0;

  constructor(readonly label: string) {}

  add(): void {
    this.#nodes += 1;
    if (this.#nodes <= MAX_NODES) return;
    const message = `${this.label}: has more than ${MAX_NODES.toLocaleString('en')} nodes, which no network of images has`;
    throw new ConvertError('ONNX_TOO_LARGE', message);
  }
}

/** `ai.onnx` is another name for the empty domain. */
function ownDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function readGraph(graph: ProtobufReader, counter: NodeCounter): OnnxGraph {
  const nodes = Array.from(graph.messages(1), (node) => readNode(node, counter));
  const tensors = Array.from(graph.messages(5), (tensor) => readTensorProto(tensor, counter.label));
  const initialisers = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return {
    nodes: withModuleRuns(nodes, initialisers),
    initialisers,
    inputs: Array.from(graph.messages(11), readValueInfo),
    outputs: Array.from(graph.messages(12), readValueInfo),
  };
}

function readNode(node: ProtobufReader, counter: NodeCounter): OnnxNode {
  counter.add();
  const name = node.string(3);
  const scopes = entriesOf(node, 9).get('pkg.torch.onnx.name_scopes') ?? null;
  return {
    name,
    op: node.string(4),
    domain: ownDomain(node.string(7)),
    inputs: node.strings(1),
    outputs: node.strings(2),
    attributes: new Map(Array.from(node.messages(5), (each) => [each.string(1), readAttribute(each, counter)])),
    module: modulePath(name, scopes),
  };
}

/** AttributeProto.AttributeType says the one field that counts. */
function readAttribute(attribute: ProtobufReader, counter: NodeCounter): OnnxAttribute {
  const [tensor, graph] = [attribute.message(5), attribute.message(6)];
  switch (attribute.integer(20)) {
    case 1:
      return { type: 'float', value: attribute.float(2) };
    case 2:
      return { type: 'int', value: attribute.integer(3) };
    case 3:
      return { type: 'string', value: attribute.string(4) };
    case 4:
      return tensor === null ? OTHER : { type: 'tensor', value: readTensorProto(tensor, counter.label) };
    case 5:
      return graph === null ? OTHER : { type: 'graph', value: readGraph(graph, counter) };
    case 6:
      return { type: 'floats', value: attribute.floats(7) };
    case 7:
      return { type: 'ints', value: attribute.integers(8) };
    case 8:
      return { type: 'strings', value: attribute.strings(9) };
  }
  return OTHER;
}

const OTHER: OnnxAttribute = { type: 'other', value: null };

function readValueInfo(info: ProtobufReader): OnnxValueInfo {
  const tensor = info.message(2)?.message(1);
  const dimensions = tensor?.message(2)?.messages(1);
  return {
    name: info.string(1),
    elementType: tensor?.integer(1) ?? 0,
    shape: dimensions === undefined ? null : Array.from(dimensions, readSize),
  };
}

/** A size, or its name. Some writers say 0 or -1 where it is not known. */
function readSize(dimension: ProtobufReader): number | string {
  const size = dimension.integer(1);
  return size > 0 ? size : dimension.string(2);
}

/** Opset 7 has the broadcasting of later ones; 22 is onnx 1.17's. Later ones change no operator known here. */
const OPSETS = { first: 7, last: 28 };

/** `ONNX_VERSION`; null for a file of an opset that is read. */
export function opsetProblem({ label, opset }: OnnxModel): ConvertError | null {
  if (opset >= OPSETS.first && opset <= OPSETS.last) return null;
  const message = `${label}: is of opset ${opset}, opsets ${OPSETS.first} to ${OPSETS.last} are read`;
  const hint = 'Export it again with opset 17, or convert it with onnx.version_converter.';
  return new ConvertError('ONNX_VERSION', message, { hint });
}
