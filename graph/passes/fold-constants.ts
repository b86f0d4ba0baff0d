/** Computes once what depends on tensors only, such as a class token with its position: a tensor of the node's name. */
import type { Tensor } from '../../weights/index.js';
import type { BoundGraph } from '../bound-graph.js';
import type { ComputedNode, Graph, GraphNode } from '../graph.js';
import { outputShape, referenceOutput } from '../meaning.js';
import { type Shape, sizeOf, type Values } from '../operations/operation.js';
import { VALUE } from '../operations/parameter.js';
import { type BoundNode, boundNodes, rewrite } from './rewrite.js';

/** Values that are computed at most, in all nodes together. A graph from outside may ask for any number. */
const MOST_VALUES = 2 ** 28;
/** Multiplications at most, in all nodes together: some seconds. */
const MOST_PRODUCTS = 2 ** 26;

/** In float64, rounded to float32 once. What would take long or become large stays, and so do its readers. */
export function foldConstants(bound: BoundGraph, keep: ReadonlySet<string>): BoundGraph {
  const constant = constantNodes(bound.graph);
  const isRead = readByOthers(bound.graph, constant, keep);
  const values = new FoldedValues(bound.graph, constant);
  const nodes = boundNodes(bound).flatMap((each): BoundNode[] => {
    const { node, tensors } = each;
    if (node.op === 'input' || !constant.has(node.name)) return [each];
    const value = values.compute(node, tensors);
    if (!isRead.has(node.name)) return [];
    return [node.op === 'parameter' ? each : asParameter(node, value)];
  });
  return rewrite(bound, nodes);
}

/** The nodes that can be computed now. */
function constantNodes({ nodes }: Graph): Set<string> {
  const shapes = new Map<string, Shape>();
  let [values, products] = [MOST_VALUES, MOST_PRODUCTS];
  for (const node of nodes) {
    const inputs = node.inputs.map((name) => shapes.get(name));
    if (node.op === 'input' || !inputs.every((input) => input !== undefined)) continue;
    const shape = outputShape(node, inputs);
    const [size, work] = [sizeOf(shape), productsOf(node, inputs, sizeOf(shape))];
    if (size > values || work > products) continue;
    values -= size;
    products -= work;
    shapes.set(node.name, shape);
  }
  return new Set(shapes.keys());
}

/** Multiplications of an operation whose work does not show in the size of its output; 0 for others. */
function productsOf(node: ComputedNode, [input = [], other = []]: readonly Shape[], outputs: number): number {
  switch (node.op) {
    case 'linear':
      return outputs * node.attrs.inFeatures;
    case 'matmul':
      return outputs * input.at(-1)!;
    case 'attention':
      return sizeOf(input) * other.at(-2)! + outputs * other.at(-2)!;
    case 'conv2d':
      return (outputs * node.attrs.inChannels * sizeOf(node.attrs.kernel)) / node.attrs.groups;
    case 'convTranspose2d':
      return (sizeOf(input) * node.attrs.outChannels * sizeOf(node.attrs.kernel)) / node.attrs.groups;
    case 'avgPool2d':
    case 'maxPool2d':
      return outputs * sizeOf(node.attrs.kernel);
    case 'adaptiveAvgPool2d':
    case 'adaptiveMaxPool2d':
      return outputs + sizeOf(input);
    case 'localResponseNorm':
      return outputs * Math.min(node.attrs.size, input[0]!);
    default:
      return 0;
  }
}

/** Those of the constant nodes whose values others than constant nodes need. */
function readByOthers({ nodes, output }: Graph, constant: ReadonlySet<string>, keep: ReadonlySet<string>): Set<string> {
  const others = nodes.filter(({ name }) => !constant.has(name));
  return new Set([...keep, output, ...others.flatMap(({ inputs }) => inputs)]);
}

/** Keeps a value until its last reader has been computed: tables of biases are large. */
class FoldedValues {
  readonly #values = new Map<string, Values>();
  readonly #readers = new Map<string, number>();

  constructor({ nodes }: Graph, constant: ReadonlySet<string>) {
    for (const { name, inputs } of nodes) {
      if (!constant.has(name)) continue;
      for (const input of inputs) this.#readers.set(input, (this.#readers.get(input) ?? 0) + 1);
    }
  }

  compute(node: ComputedNode, tensors: ReadonlyMap<string, Tensor>): Values {
    const inputs = node.inputs.map((name) => this.#values.get(name)!);
    const value = referenceOutput(node, inputs, (name) => tensors.get(name)!.data);
    if (this.#readers.has(node.name)) this.#values.set(node.name, value);
    for (const input of node.inputs) {
      const left = this.#readers.get(input)! - 1;
      this.#readers.set(input, left);
      if (left === 0) this.#values.delete(input);
    }
    return value;
  }
}

function asParameter({ name }: ComputedNode, { shape: [, ...shape], data }: Values): BoundNode {
  const node: GraphNode = { name, inputs: [], op: 'parameter', attrs: { shape } };
  const tensor: Tensor = { shape, data: Float32Array.from(data) };
  return { node, tensors: new Map([[VALUE, tensor]]) };
}
