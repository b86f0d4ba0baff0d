/** One node of a graph model while it is translated: its inputs, its attributes, and the constants among them. */
import { NotSupported } from '../../onnx/importing/value.js';
import type { GraphWriter } from '../../onnx/written-graph.js';
import { Call, type TfValue } from '../writing/writer.js';
import type { TfNode } from './graph-def.js';

/** What a node needs of the graph around it. */
export interface GraphAround {
  writer: GraphWriter;
  /** @throws NotSupported for a value that no node gives */
  value(name: string): TfValue;
  /** Whole numbers of a constant that the file has or that operators make of such; null if they are not known. */
  integers(name: string): readonly number[] | null;
}

export class NodeCall extends Call {
  readonly definition: TfNode;
  readonly #inputs: readonly string[];
  readonly #around: GraphAround;

  /** @param inputs names of values, without those that are only to be run before */
  constructor(node: TfNode, inputs: readonly string[], around: GraphAround) {
    super(around.writer, node.name, node.op);
    this.definition = node;
    this.#inputs = inputs;
    this.#around = around;
  }

  get count(): number {
    return this.#inputs.length;
  }

  input(i: number): TfValue {
    const name = this.#inputs[i];
    if (name === undefined) throw new NotSupported(`its input ${i + 1} is missing`);
    return this.#around.value(name);
  }

  inputs(from = 0, to = this.#inputs.length): TfValue[] {
    return Array.from({ length: Math.max(0, to - from) }, (_, i) => this.input(from + i));
  }

  /** Whole numbers that are known without the image. @throws NotSupported */
  numbers(i: number): readonly number[] {
    const found = this.optionalNumbers(i);
    if (found === null) throw new NotSupported(`its input ${i + 1} depends on the image`);
    return found;
  }

  optionalNumbers(i: number): readonly number[] | null {
    const name = this.#inputs[i];
    if (name === undefined) throw new NotSupported(`its input ${i + 1} is missing`);
    return this.#around.integers(name);
  }
}

/** How an operation of TensorFlow becomes operators of ONNX: the value that it gives, or all of them. @throws NotSupported */
export type Translation = (call: NodeCall) => TfValue | TfValue[];

export type Translations = Readonly<Record<string, Translation>>;
