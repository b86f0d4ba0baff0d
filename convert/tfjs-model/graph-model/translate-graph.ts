/** From a graph of TensorFlow's operations to one of ONNX's, node by node. */
import { printable } from '../../../base/index.js';
import type { OnnxGraph, OnnxNode, OnnxValueInfo } from '../../onnx/file/onnx-model.js';
import type { OnnxTensor } from '../../onnx/file/tensor-proto.js';
import { sortNodes } from '../../onnx/importing/sort-nodes.js';
import { NotSupported } from '../../onnx/importing/value.js';
import { GraphWriter } from '../../onnx/written-graph.js';
import { invalid } from '../file/model-json.js';
import { imageValue, nameValue, type TfValue } from '../writing/writer.js';
import { layers } from './layers.js';
import type { Translation } from './node-call.js';
import { type GraphDef, isControl, NodeCall, shapeOf, type TfNode, typeOf, valueNamed } from './node-call.js';
import { elementwise, moving } from './operations.js';

const OPERATIONS: ReadonlyMap<string, Translation> = new Map(Object.entries({ ...elementwise, ...layers, ...moving }));
/** What a program for training or serving has and inference does not need. */
const LEFT_OUT: ReadonlySet<string> = new Set(['NoOp', 'Assert', 'Placeholder', 'Const', 'PlaceholderWithDefault']);
const INPUTS: ReadonlySet<string> = new Set(['Placeholder', 'PlaceholderWithDefault']);

export interface GraphRequest {
  label: string;
  graph: GraphDef;
  tensors: ReadonlyMap<string, OnnxTensor>;
  /** Values of the small tensors, by name. */
  numbers: ReadonlyMap<string, readonly number[]>;
}

/** @throws ConvertError `TFJS_INVALID`, and `ONNX_CYCLE` with the names of a circle's nodes */
export function translateGraph(request: GraphRequest): OnnxGraph {
  return new Translator(request).run();
}

class Translator {
  readonly #request: GraphRequest;
  readonly #writer: GraphWriter;
  readonly #values = new Map<string, TfValue>();
  readonly #numbers: Map<string, readonly number[]>;
  readonly #unknown = new Set<string>();
  readonly #inputs: OnnxValueInfo[] = [];

  constructor(request: GraphRequest) {
    this.#request = request;
    this.#writer = new GraphWriter(request.graph.nodes.map(({ name }) => name));
    this.#numbers = new Map(request.numbers);
  }

  run(): OnnxGraph {
    const { graph, label } = this.#request;
    for (const node of graph.nodes) {
      if (node.op === 'Const') this.#constant(node);
      else if (INPUTS.has(node.op)) this.#input(node);
    }
    for (const node of sortNodes(graph.nodes.map(withEdges), label)) {
      if (!LEFT_OUT.has(node.of.op)) this.#visit(node.of, node.reads);
    }
    return this.#writer.graph(
      this.#inputs,
      graph.outputs.map((name) => this.#values.get(name)?.name ?? name),
    );
  }

  #constant({ name }: TfNode): void {
    const tensor = this.#request.tensors.get(name);
    if (tensor === undefined)
      throw invalid(
        this.#request.label,
        `the manifest has no weight for the constant ${printable(name.slice(0, 200))}`,
      );
    this.#writer.addTensor(name, tensor);
    this.#values.set(name, { name, rank: tensor.dims.length, isMap: false, sizes: tensor.dims, isConstant: true });
  }

  #input(node: TfNode): void {
    const { info, value } = imageValue(node.name, shapeOf(node, 'shape'), typeOf(node, 'dtype') === 'DT_UINT8');
    this.#inputs.push(info);
    this.#values.set(node.name, value);
  }

  #visit(node: TfNode, inputs: readonly string[]): void {
    const translation = OPERATIONS.get(node.op);
    const start = this.#writer.nodes.length;
    try {
      if (translation === undefined) throw new NotSupported('');
      if (inputs.some((name) => this.#unknown.has(nodeIn(name)))) throw new Unreachable();
      const call = new NodeCall(node, inputs, this.#around(node));
      const made = [translation(call)].flat();
      made.forEach((value, i) => {
        const name = i === 0 ? node.name : `${node.name}:${i}`;
        this.#values.set(name, nameValue(call, value, name, start));
      });
      this.#passNumbers(node, inputs);
    } catch (error) {
      const isKnown = error instanceof NotSupported || error instanceof Unreachable;
      if (!isKnown) throw error;
      this.#writer.nodes.length = start;
      this.#unknown.add(node.name);
      if (error instanceof NotSupported) this.#writer.refuse(node.op, [node.name], error.message);
    }
  }

  /** Names of the same numbers. */
  #passNumbers({ op, name }: TfNode, [from = '']: readonly string[]): void {
    const numbers = this.#numbers.get(from);
    if (op === 'Identity' && numbers !== undefined) this.#numbers.set(name, numbers);
  }

  #around({ name: reader }: TfNode) {
    return {
      writer: this.#writer,
      value: (name: string): TfValue => {
        const value = this.#values.get(name);
        if (value !== undefined) return value;
        throw invalid(
          this.#request.label,
          `node ${printable(reader.slice(0, 200))} reads ${printable(name.slice(0, 200))}, which no node gives`,
        );
      },
      integers: (name: string) => this.#numbers.get(name) ?? null,
    };
  }
}

/** It reads what is not supported, which is told already. */
class Unreachable extends Error {}

/** A node with the nodes that it reads, to be sorted by. */
interface Edges extends Pick<OnnxNode, 'name' | 'inputs' | 'outputs' | 'attributes'> {
  of: TfNode;
  /** Values, in their order. */
  reads: readonly string[];
}

const NONE: OnnxNode['attributes'] = new Map();

function withEdges(of: TfNode): Edges {
  const { name, input = [] } = of;
  const reads = input.filter((each) => !isControl(each)).map(valueNamed);
  return { of, name, reads, inputs: reads.map(nodeIn), outputs: [name], attributes: NONE };
}

/** `split:1` is the second output of `split`. */
function nodeIn(value: string): string {
  const colon = value.lastIndexOf(':');
  return colon > 0 ? value.slice(0, colon) : value;
}
