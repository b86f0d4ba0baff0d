/** Writes a graph of ONNX's operators: what a model for TensorFlow.js is translated to, and `convert/onnx/` imports. */
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxValueInfo } from '../../onnx/file/onnx-model.js';
import type { OnnxTensor } from '../../onnx/file/tensor-proto.js';
import { type TfValue, TO_CHANNELS_FIRST, TO_CHANNELS_LAST } from './value.js';

export type Attributes = Readonly<Record<string, number | string | readonly number[] | { float: number }>>;

export class GraphWriter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initialisers = new Map<string, OnnxTensor>();
  readonly #taken: Set<string>;
  /** Tensors in other shapes → those of the file whose values they have. */
  readonly sources = new Map<OnnxTensor, string>();

  /** @param names of the values that the file itself has, which no other value may get */
  constructor(names: Iterable<string>) {
    this.#taken = new Set(names);
  }

  graph(inputs: readonly OnnxValueInfo[], outputs: readonly string[]): OnnxGraph {
    return {
      nodes: this.#nodes,
      initialisers: this.#initialisers,
      inputs,
      outputs: outputs.map((name) => ({ name, elementType: 1, shape: null })),
    };
  }

  get length(): number {
    return this.#nodes.length;
  }

  /** Forgets the nodes from this one on: what was written of an operation that turns out not to be supported. */
  cutAt(length: number): void {
    this.#nodes.length = length;
  }

  push(node: OnnxNode): void {
    this.#nodes.push(node);
  }

  /** A tensor of the file as a constant, if it is not one yet. */
  addTensor(tensor: OnnxTensor, name = tensor.name): void {
    this.#initialisers.set(name, tensor);
    this.sources.set(tensor, tensor.name);
  }

  /** A tensor of the file in another shape with as many values. */
  reshapedTensor(name: string, dims: readonly number[]): string {
    const tensor = this.#initialisers.get(name)!;
    const other = { ...tensor, dims };
    const fresh = this.fresh(`${name}:${dims.join('×')}`);
    this.#initialisers.set(fresh, other);
    this.sources.set(other, this.sources.get(tensor) ?? tensor.name);
    return fresh;
  }

  isTensor(name: string): boolean {
    return this.#initialisers.has(name);
  }

  numbers(name: string, dtype: 'int64' | 'float32', listed: readonly number[], dims: readonly number[]): string {
    const fresh = this.fresh(`${name}:${listed.slice(0, 8).join(',')}`);
    const tensor = { name: fresh, dtype, dims, count: listed.length, raw: null, listed, external: null };
    this.#initialisers.set(fresh, tensor);
    return fresh;
  }

  /** Gives the output of the last node a name. @returns false if another node gives the value */
  rename(value: string, name: string, since: number): boolean {
    const at = this.#nodes.findLastIndex(({ outputs }) => outputs.includes(value));
    if (at < since) return false;
    const node = this.#nodes[at]!;
    this.#nodes[at] = { ...node, outputs: node.outputs.map((output) => (output === value ? name : output)) };
    for (let later = at + 1; later < this.#nodes.length; later++) {
      const reader = this.#nodes[later]!;
      const inputs = reader.inputs.map((input) => (input === value ? name : input));
      this.#nodes[later] = { ...reader, inputs };
    }
    return true;
  }

  /** A name that no value has. */
  fresh(name: string): string {
    let found = name;
    for (let next = 2; this.#taken.has(found); next++) found = `${name}:${next}`;
    this.#taken.add(found);
    return found;
  }
}

/** One operation of the file while it is translated. */
export class Call {
  readonly #writer: GraphWriter;
  /** What the file calls it. */
  readonly name: string;
  /** How messages call what it does. */
  readonly operation: string;

  constructor(writer: GraphWriter, name: string, operation: string) {
    this.#writer = writer;
    this.name = name;
    this.operation = operation;
  }

  get writer(): GraphWriter {
    return this.#writer;
  }

  /** An operator with one output. @param op with its domain if it is not ONNX's own @returns the output */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodes(op, inputs, attributes, 1)[0]!;
  }

  nodes(op: string, inputs: readonly string[], attributes: Attributes, count: number): string[] {
    const outputs = Array.from({ length: count }, () => this.#writer.fresh(`${this.name}:${op}`));
    const dot = op.lastIndexOf('.');
    this.#writer.push({
      name: this.name,
      op: op.slice(dot + 1),
      domain: dot < 0 ? '' : op.slice(0, dot),
      inputs,
      outputs,
      attributes: new Map(Object.entries(attributes).map(([key, value]) => [key, attributeOf(value)])),
      module: null,
      writtenAs: this.operation,
    });
    return outputs;
  }

  integers(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#writer.numbers(this.name, 'int64', values, dims);
  }

  floats(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#writer.numbers(this.name, 'float32', values, dims);
  }

  /** A number without dimensions. */
  float(value: number): string {
    return this.floats([value], []);
  }

  /** As TensorFlow has it. */
  plain(value: TfValue): string {
    return value.isMap ? this.node('Transpose', [value.name], { perm: TO_CHANNELS_LAST }) : value.name;
  }

  /** A value of four dimensions with the channels first. */
  map(value: TfValue): string {
    return value.isMap ? value.name : this.node('Transpose', [value.name], { perm: TO_CHANNELS_FIRST });
  }

  /** A constant of up to four dimensions, as it stands beside a map. */
  besideMap(value: TfValue): string {
    const { name, rank, sizes } = value;
    if (rank === 0) return name;
    if (rank === 1 && sizes !== null && this.#writer.isTensor(name)) {
      return this.#writer.reshapedTensor(name, [1, sizes[0]!, 1, 1]);
    }
    const missing = Array.from({ length: 4 - rank }, (_, axis) => axis);
    const whole = missing.length === 0 ? name : this.node('Unsqueeze', [name, this.integers(missing)]);
    return this.node('Transpose', [whole], { perm: TO_CHANNELS_FIRST });
  }
}

export function computed(name: string, rank: number): TfValue {
  return { name, rank, isMap: false, sizes: null, isConstant: false };
}

export function mapNamed(name: string): TfValue {
  return { ...computed(name, 4), isMap: true };
}

function attributeOf(value: Attributes[string]): OnnxAttribute {
  if (typeof value === 'number') return { type: 'int', value };
  if (typeof value === 'string') return { type: 'string', value };
  return 'float' in value ? { type: 'float', value: value.float } : { type: 'ints', value };
}
