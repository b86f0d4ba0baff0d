/** The graph under construction: nodes, their tensors, the values that they give, and what an operator gets. */
import { type ComputedNode, type GraphNode, Misfit, nodeOutputShape, parameterName } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import type { OnnxNode } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import { type ComputedValue, dimsOf, NotSupported, rankOf, type Value } from './value.js';

export const IMAGE = ':input';

/** As in the weights format, with room for what is added. */
const MAX_NAME_LENGTH = 400;

type WithoutNames<N> = N extends unknown ? Omit<N, 'name' | 'inputs'> : never;
/** What a node computes, with its attributes. */
export type NodeOperation = WithoutNames<ComputedNode>;

/** What gives truth values from truth values. */
const MOVES: readonly string[] = [
  ...['concat', 'expand', 'flatten', 'gather', 'identity', 'permute', 'reshape', 'select', 'slice'],
  ...['maximum', 'minimum', 'mul'],
];

/** Where a value lies in the layout of ONNX. */
type Layout = Pick<ComputedValue, 'batch' | 'merged'>;

export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  /** By state-dict name. */
  readonly tensors = new Map<string, Tensor>();
  /** The shape of each node's output. */
  readonly #shapes = new Map<string, readonly number[]>();
  /** Nodes that another one reads. */
  readonly #read = new Set<string>();
  /** Nodes whose values are 1 or 0, which stand for true and false. */
  readonly #truths = new Set<string>();
  /** Constants that are nodes already: their shapes → their names. */
  readonly #parameters = new Map<Constant, Map<string, string>>();
  readonly #batchSize: number;

  /** @param batchSize the size that stands for the batch */
  constructor(batchSize: number) {
    this.#batchSize = batchSize;
  }

  get batchSize(): number {
    return this.#batchSize;
  }

  /** @param shape `[channels, height, width]` */
  image(shape: readonly number[]): ComputedValue {
    const [channels] = shape;
    this.nodes.push({ name: IMAGE, inputs: [], op: 'input', ...(channels === 3 ? {} : { channels }) });
    this.#shapes.set(IMAGE, shape);
    return { kind: 'computed', node: IMAGE, shape, batch: 0, merged: false };
  }

  /** The sizes of a value as ONNX has them. */
  dims(value: Value): readonly number[] {
    return dimsOf(value, this.#batchSize);
  }

  /**
   * A new node. Its output has the batch where the first input has it, unless `layout` says otherwise.
   * @throws NotSupported if the operation does not take these inputs
   */
  add(
    name: string,
    operation: NodeOperation,
    inputs: readonly ComputedValue[],
    tensors: Readonly<Record<string, Tensor>> = {},
    layout?: Layout,
  ): ComputedValue {
    const node: ComputedNode = {
      name: this.unique(name),
      inputs: inputs.map((input) => input.node),
      ...operation,
    } as ComputedNode;
    const shape = this.#shapeOf(node, inputs);
    for (const [part, tensor] of Object.entries(tensors)) this.tensors.set(parameterName(node.name, part), tensor);
    this.nodes.push(node);
    for (const input of node.inputs) this.#read.add(input);
    this.#shapes.set(node.name, shape);
    if (MOVES.includes(node.op) && node.inputs.every((input) => this.#truths.has(input))) this.#truths.add(node.name);
    const { batch, merged } = layout ?? inputs[0]!;
    return { kind: 'computed', node: node.name, shape, batch, merged };
  }

  /** A name that no node has, and that can stand in a weights folder. */
  unique(name: string): string {
    const isUsable = name !== '' && name.length <= MAX_NAME_LENGTH && !/\p{Cc}/u.test(name);
    const wanted = isUsable ? name : `value:${this.nodes.length}`;
    if (!this.#isTaken(wanted)) return wanted;
    let next = 2;
    while (this.#isTaken(`${wanted}:${next}`)) next++;
    return `${wanted}:${next}`;
  }

  /** For each image. */
  shapeOf(node: string): readonly number[] {
    return this.#shapes.get(node)!;
  }

  /** Whether another node under the name of one that is there has an output of the same shape. */
  fits(node: ComputedNode): boolean {
    const inputs = node.inputs.map((input) => this.#shapes.get(input)!);
    try {
      return nodeOutputShape(node, inputs).join() === this.shapeOf(node.name).join();
    } catch (error) {
      if (error instanceof Misfit) return false;
      throw error;
    }
  }

  /** Says the shape of a node that a pattern brings. */
  describe(node: string, shape: readonly number[]): void {
    this.#shapes.set(node, shape);
  }

  valueOf(node: string, layout: Layout): ComputedValue {
    return { kind: 'computed', node, shape: this.#shapes.get(node)!, ...layout };
  }

  /** A node that can be changed while nothing else has read it. Null for the image. */
  nodeOf({ node }: ComputedValue): ComputedNode | null {
    const found = this.nodes.findLast(({ name }) => name === node);
    return found === undefined || found.op === 'input' ? null : found;
  }

  asTruth(value: ComputedValue): ComputedValue {
    this.#truths.add(value.node);
    return value;
  }

  isTruth(value: Value): boolean {
    return value.kind === 'constant' ? value.constant.kind === 'bool' : this.#truths.has(value.node);
  }

  isRead({ node }: ComputedValue): boolean {
    return this.#read.has(node);
  }

  /** Replaces a node that nothing has read, under a new name and with further tensors. */
  replace(value: ComputedValue, name: string, operation: NodeOperation, tensors: Readonly<Record<string, Tensor>>) {
    const index = this.nodes.findLastIndex((node) => node.name === value.node);
    const old = this.nodes[index]!;
    const renamed = this.unique(name);
    this.nodes[index] = { name: renamed, inputs: old.inputs, ...operation } as ComputedNode;
    for (const [key, tensor] of [...this.tensors]) {
      if (!key.startsWith(`${old.name}.`)) continue;
      this.tensors.delete(key);
      this.tensors.set(`${renamed}${key.slice(old.name.length)}`, tensor);
    }
    for (const [part, tensor] of Object.entries(tensors)) this.tensors.set(parameterName(renamed, part), tensor);
    this.#shapes.delete(old.name);
    this.#shapes.set(renamed, value.shape);
    return { ...value, node: renamed };
  }

  /**
   * A constant as a value of the graph.
   * @param shape for each image; it has as many values as the constant
   */
  parameter(constant: Constant, name: string, shape: readonly number[], layout: Layout): ComputedValue {
    const key = shape.join();
    const known = this.#parameters.get(constant)?.get(key);
    if (known !== undefined) return { kind: 'computed', node: known, shape, ...layout };
    const node = this.unique(name);
    this.nodes.push({ name: node, inputs: [], op: 'parameter', attrs: { shape } });
    this.tensors.set(node, { shape, data: finite(floatsOf(constant), shape.at(-1) ?? 1) });
    this.#shapes.set(node, shape);
    const byShape = this.#parameters.get(constant) ?? new Map<string, string>();
    this.#parameters.set(constant, byShape.set(key, node));
    return { kind: 'computed', node, shape, ...layout };
  }

  #isTaken(name: string): boolean {
    return this.#shapes.has(name) || this.tensors.has(name);
  }

  #shapeOf(node: ComputedNode, inputs: readonly ComputedValue[]): readonly number[] {
    try {
      return nodeOutputShape(
        node,
        inputs.map(({ shape }) => shape),
      );
    } catch (error) {
      if (error instanceof Misfit) throw new NotSupported(error.message);
      throw error;
    }
  }
}

export function floatsOf({ data }: Constant): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** Stands for infinity, which a weights folder cannot have. A softmax of values so far below others is 0 too. */
const LARGEST = 1e9;

/** @param length of a row @throws NotSupported for a row that is hidden whole, whose softmax would not be a number */
function finite(values: Float32Array, length: number): Float32Array {
  if (!values.includes(Number.NEGATIVE_INFINITY) && !values.includes(Number.POSITIVE_INFINITY)) return values;
  for (let row = 0; row < values.length; row += length) {
    if (values.subarray(row, row + length).every((value) => value === Number.NEGATIVE_INFINITY)) {
      throw new NotSupported('a constant hides all values of a row');
    }
  }
  return values.map((value) => Math.max(Math.min(value, LARGEST), -LARGEST));
}

/** How many axes of ONNX two values have at most. */
export function commonRank(values: readonly Value[]): number {
  return Math.max(...values.map(rankOf));
}

export interface Application {
  node: OnnxNode;
  /** Null for an input that is left out. */
  inputs: readonly (Value | null)[];
  /** What the first output is called, which is the name of the last node. */
  name: string;
  graph: GraphBuilder;
  opset: number;
  /** Whether nothing but this operator reads a value. */
  isOnlyReader(input: number): boolean;
  /** Whether nothing but operators of this name read the first output. */
  isReadBy(op: string): boolean;
}

/** The output, or all of them. @throws NotSupported for what the graph cannot have */
export type Operator = (application: Application) => Value | Value[];

/** A value that the network computes. */
export function computed({ inputs }: Application, i: number): ComputedValue {
  const input = inputs[i];
  if (input == null) throw new NotSupported(`its input ${i + 1} is missing`);
  if (input.kind !== 'computed') throw new NotSupported(`its input ${i + 1} is a constant`);
  return input;
}

/** A constant; null if it is left out. */
export function optionalConstant({ inputs }: Application, i: number): Constant | null {
  const input = inputs[i];
  if (input == null) return null;
  if (input.kind !== 'constant')
    throw new NotSupported(`its input ${i + 1} is computed by the network, not a constant`);
  return input.constant;
}

export function constant(application: Application, i: number): Constant {
  const found = optionalConstant(application, i);
  if (found === null) throw new NotSupported(`its input ${i + 1} is missing`);
  return found;
}

/** A constant of whole numbers, as numbers. */
export function numbers(application: Application, i: number): number[] {
  return [...constant(application, i).data];
}

export function tensorOf(constant: Constant, shape: readonly number[] = constant.dims): Tensor {
  return { shape: [...shape], data: floatsOf(constant) };
}
