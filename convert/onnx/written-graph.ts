/** Writes a graph of ONNX's operators: what files of other formats are translated to, for `importing/` to read. */
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxValueInfo } from './file/onnx-model.js';
import type { OnnxTensor } from './file/tensor-proto.js';

export type Attributes = Readonly<
  Record<string, number | string | readonly number[] | { float: number } | { floats: readonly number[] }>
>;

export class GraphWriter {
  readonly nodes: OnnxNode[] = [];
  readonly initialisers = new Map<string, OnnxTensor>();
  /** Values that are known without the image. */
  readonly constants = new Set<string>();
  readonly #taken: Set<string>;

  /** @param names of the values that the file itself has, which no other value may get */
  constructor(names: Iterable<string>) {
    this.#taken = new Set(names);
  }

  graph(inputs: readonly OnnxValueInfo[], outputs: readonly string[]): OnnxGraph {
    const { nodes, initialisers } = this;
    return { nodes, initialisers, inputs, outputs: outputs.map((name) => ({ name, elementType: 1, shape: null })) };
  }

  push(node: OnnxNode): void {
    this.nodes.push(node);
    const isConstant = node.inputs.every((input) => input === '' || this.constants.has(input));
    if (isConstant) for (const output of node.outputs) this.constants.add(output);
  }

  addTensor(name: string, tensor: OnnxTensor): void {
    this.#taken.add(name);
    this.initialisers.set(name, tensor);
    this.constants.add(name);
  }

  isTaken(name: string): boolean {
    return this.#taken.has(name);
  }

  fresh(name: string): string {
    let found = name;
    for (let next = 2; this.#taken.has(found); next++) found = `${name}:${next}`;
    this.#taken.add(found);
    return found;
  }

  /** A node that the import cannot know, so that it lists it. @param reason empty: the operation is not known */
  refuse(operation: string, outputs: readonly string[], reason: string, module: string | null = null): void {
    this.nodes.push({
      name: outputs[0] ?? '',
      op: operation,
      domain: 'file',
      inputs: [],
      outputs,
      attributes: new Map(),
      module,
      writtenAs: operation,
      refusal: reason === '' ? null : reason,
    });
  }
}

/** One operation of the file while it is translated. */
export class OperatorCall {
  /** @param operation how messages call what it does */
  constructor(
    readonly writer: GraphWriter,
    readonly name: string,
    readonly operation: string,
    readonly module: string | null = null,
  ) {}

  /** An operator with one output. @param op with its domain if it is not ONNX's own @returns the output */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodes(op, inputs, attributes, 1)[0]!;
  }

  nodes(op: string, inputs: readonly string[], attributes: Attributes, count: number): string[] {
    const outputs = Array.from({ length: count }, () => this.writer.fresh(`${this.name}:${op}`));
    const dot = op.lastIndexOf('.');
    this.writer.push({
      name: this.name,
      op: op.slice(dot + 1),
      domain: dot < 0 ? '' : op.slice(0, dot),
      inputs,
      outputs,
      attributes: new Map(Object.entries(attributes).map(([key, value]) => [key, attributeOf(value)])),
      module: this.module,
      writtenAs: this.operation,
    });
    return outputs;
  }

  integers(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#constant('int64', values, dims);
  }

  floats(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#constant('float32', values, dims);
  }

  /** A number without dimensions. */
  float(value: number): string {
    return this.floats([value], []);
  }

  #constant(dtype: 'int64' | 'float32', listed: readonly number[], dims: readonly number[]): string {
    const name = this.writer.fresh(`${this.name}:${listed.slice(0, 8).join(',')}`);
    this.writer.addTensor(name, { name, dtype, dims, count: listed.length, raw: null, listed, external: null });
    return name;
  }
}

function attributeOf(value: Attributes[string]): OnnxAttribute {
  if (typeof value === 'number') return { type: 'int', value };
  if (typeof value === 'string') return { type: 'string', value };
  if ('floats' in value) return { type: 'floats', value: value.floats };
  return 'float' in value ? { type: 'float', value: value.float } : { type: 'ints', value };
}
